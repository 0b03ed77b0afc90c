//! Files of a server on this machine.

use super::Machine;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// Returns the address of a server that answers everything with these bytes.
pub(super) fn serve(content: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let headers = lines
                .map(Result::unwrap)
                .take_while(|line| !line.is_empty());
            assert!(headers.count() > 0);
            let length = content.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all((head + content).as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn a_file_of_the_web_replaces_another_one() {
    let machine = Machine::new();
    let address = serve("from the web\n");
    let dest = machine.path("file.txt");
    std::fs::write(&dest, "another\n").unwrap();
    let folder = machine.path("");
    let kept = machine.settle(
        "get_url",
        &format!("{{url: {address}/file.txt, dest: {folder}}}"),
    );
    assert!(!kept.is_changed());
    let sum = "sha256:9b7dd41f08bc8d6e9e4d1a2d2c1f0f4dc7a9e2ef4ba1a0b2d5d3f5e0a3e1c2b0";
    let wrong = machine.run(
        "get_url",
        &format!("{{url: {address}/file.txt, dest: {dest}, checksum: '{sum}'}}"),
    );
    assert!(wrong.unwrap_err().contains("is not the declared file"));
    let forced = machine.run(
        "get_url",
        &format!(
            "{{url: {address}/file.txt, dest: {dest}, force: yes, insecure: yes, mode: '0640'}}"
        ),
    );
    assert!(forced.unwrap().is_changed());
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), "from the web\n");
}
