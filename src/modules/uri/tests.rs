//! Requests to a server that answers what a test says.

use super::answer::Answer;
use super::request::{Missing, Redirects, Request};
use super::result::{Told, decompress};
use super::tls::Trust;
use super::{Address, Call};
use crate::host::{HostError, Limits, Stream};
use crate::value;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A connection to a server that sends one answer.
struct Served {
    sent: Arc<Mutex<String>>,
    answer: Option<Vec<u8>>,
}

impl Stream for Served {
    fn send(&mut self, bytes: &[u8], _: &Limits) -> Result<(), HostError> {
        let mut sent = self.sent.lock().unwrap();
        sent.push_str(&String::from_utf8_lossy(bytes));
        Ok(())
    }

    fn receive(&mut self, _: &Limits) -> Result<Vec<u8>, HostError> {
        Ok(self.answer.take().unwrap_or_default())
    }
}

fn call(method: &str, url: &str) -> Call {
    Call {
        request: Request {
            method: method.to_owned(),
            address: Address::parse(url).unwrap(),
            headers: vec![("X".to_owned(), "y".to_owned())],
            body: None,
            user: None,
            is_forced: false,
            redirects: Redirects::Safe,
            unredirected: Vec::new(),
            trust: Trust::default(),
        },
        status_code: vec![200],
        return_content: true,
        decompress: true,
        timeout: Duration::from_secs(30),
    }
}

/// Returns the result as JSON, and what was sent to which server.
fn told(call: &Call, answers: &[&str]) -> (serde_json::Value, String) {
    let sent = Arc::new(Mutex::new(String::new()));
    let answers = Mutex::new(answers.iter());
    let connect = |host: &str, port: u16, _: &Limits| {
        sent.lock()
            .unwrap()
            .push_str(&format!("-> {host}:{port}\n"));
        let answer = answers.lock().unwrap().next();
        let answer = answer.map(|answer| answer.replace('\n', "\r\n").into_bytes());
        let answer = answer.ok_or_else(|| HostError::NotConnected {
            address: String::new(),
            reason: "nothing answers".to_owned(),
        })?;
        let (sent, answer) = (sent.clone(), Some(answer));
        Ok(Box::new(Served { sent, answer }) as Box<dyn Stream>)
    };
    let (Told { mut fields, failed }, _) = call.told(&connect, &Limits::default()).unwrap();
    fields.insert("failed".to_owned(), failed.is_some().into());
    let sent = sent.lock().unwrap().replace('\r', "");
    (value::to_json(&value::map(fields)), sent)
}

#[test]
fn an_answer_is_returned_with_its_headers_and_its_json() {
    let answer = "HTTP/1.1 200 OK\nContent-Type: application/problem+json; charset=utf-8\n\
                  Set-Cookie: a=b; Path=/\nSet-Cookie: c=d\nX-Y: 1\nX-Y: 2\nContent-Length: 7\n\n\
                  {\"a\":1}";
    let (result, sent) = told(&call("GET", "http://web1:8080/a?b"), &[answer]);
    assert_eq!(
        result,
        serde_json::json!({
            "status": 200, "msg": "OK (7 bytes)", "failed": false, "elapsed": 0,
            "url": "http://web1:8080/a?b", "redirected": false,
            "content_type": "application/problem+json; charset=utf-8",
            "set_cookie": "a=b; Path=/, c=d", "x_y": "1, 2", "content_length": "7",
            "cookies": {"a": "b", "c": "d"}, "cookies_string": "a=b; c=d",
            "content": "{\"a\":1}", "json": {"a": 1},
        })
    );
    assert_eq!(
        sent,
        "-> web1:8080\nGET /a?b HTTP/1.1\nHost: web1:8080\nConnection: close\n\
         Accept-Encoding: identity\nX: y\n\n"
    );
}

#[test]
fn a_redirect_of_a_read_is_followed_and_gets_no_secret_of_another_server() {
    let mut call = call("GET", "http://web1/a");
    call.request.headers = vec![("Authorization".to_owned(), "secret".to_owned())];
    let to = "HTTP/1.1 302 Found\nLocation: //web2/b\nContent-Length: 0\n\n";
    let end = "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n";
    let (result, sent) = told(&call, &[to, end]);
    assert_eq!(
        result["msg"],
        "Status code was 404 and not [200]: HTTP Error 404: Not Found"
    );
    assert_eq!(
        (&result["failed"], &result["redirected"]),
        (&true.into(), &true.into())
    );
    assert_eq!(result["url"], "http://web2/b");
    assert_eq!(sent.matches("secret").count(), 1, "{sent}");
    let mut post = call;
    post.request.method = "POST".to_owned();
    let (result, _) = told(&post, &[to]);
    assert_eq!(
        (&result["status"], &result["location"]),
        (&302.into(), &"http://web2/b".into())
    );
    post.request.redirects = Redirects::All;
    post.request.body = Some(b"x".to_vec());
    let (_, sent) = told(&post, &[to, end]);
    assert!(sent.contains("GET /b HTTP/1.1") && sent.matches("Content-Length: 1").count() == 1);
}

#[test]
fn a_password_is_sent_when_the_server_asks_or_at_once() {
    let mut call = call("GET", "http://web1/");
    call.request.user = Some(("me".to_owned(), "pw".to_owned()));
    let asks = "HTTP/1.1 401 No\nWWW-Authenticate: Basic realm=x\nContent-Length: 0\n\n";
    let end = "HTTP/1.1 200 OK\nContent-Length: 0\n\n";
    let (result, sent) = told(&call, &[asks, end]);
    assert_eq!(result["status"], 200);
    assert_eq!(
        sent.matches("Authorization: Basic bWU6cHc=").count(),
        1,
        "{sent}"
    );
    call.request.is_forced = true;
    let (_, sent) = told(&call, &[end]);
    assert!(sent.contains("Authorization: Basic bWU6cHc="), "{sent}");
    call.request.is_forced = false;
    assert_eq!(told(&call, &[asks, asks]).0["status"], 401);
}

#[test]
fn a_server_that_does_not_answer_is_a_result_and_an_interrupt_is_not() {
    let call = call("HEAD", "http://web1/");
    let (result, _) = told(&call, &[]);
    assert_eq!(
        result["msg"],
        "Status code was -1 and not [200]: Request failed: nothing answers"
    );
    let (result, _) = told(&call, &["SSH-2.0-x\n"]);
    assert_eq!(
        result["msg"],
        "Status code was -1 and not [200]: Request failed: it does not speak HTTP"
    );
    let cancelled = |_: &str, _: u16, _: &Limits| Err(HostError::Cancelled);
    let sent = call.request.send(&cancelled, &Limits::default());
    assert!(matches!(sent, Err(Missing::Host(HostError::Cancelled))));
}

#[test]
fn gzip_is_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"text").unwrap();
    let mut answer = Answer {
        status: 200,
        reason: String::new(),
        headers: vec![("content-encoding".to_owned(), "GZIP".to_owned())],
        body: packed.finish().unwrap(),
    };
    decompress(&mut answer);
    assert_eq!(answer.body, b"text");
}
