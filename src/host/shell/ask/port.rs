//! Whether a TCP port is open, as the host itself sees it.

use super::Plan;
use crate::host::shell::script::Library;
use crate::host::{Answer, HostError};
use std::net::Ipv4Addr;

const PORT: Library = Library {
    name: "port",
    text: include_str!("port.sh"),
};

/// Adds a question about a port, for hosts whose connection cannot test it.
pub(super) fn ask<'a>(plan: &mut Plan<'a>, index: usize, host: &'a str, port: u16) {
    let number = port.to_string();
    plan.call(&[&PORT], "rmq_port", [host, &number], move |pieces, answers| {
        let piece = pieces.next()?;
        let open = match piece.word.as_str() {
            "0" => true,
            "table" => listens(&String::from_utf8_lossy(&piece.bytes), host, port),
            "missing" => {
                let what = format!("way to try port {port} of {host}: its sshd forbids forwarding, and there is neither nc nor bash with timeout");
                return Err(HostError::Missing(what));
            }
            _ => false,
        };
        answers.set(index, Answer::Port(open));
        Ok(())
    });
}

/// Returns whether `/proc/net/tcp` and `tcp6` have a socket that listens on a port of the loopback
/// interface or of all interfaces.
fn listens(table: &str, host: &str, port: u16) -> bool {
    let wanted = written(host);
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (Some(local), Some(state)) = (fields.next(), fields.nth(1)) else {
            return false;
        };
        let Some((address, local_port)) = local.split_once(':') else {
            return false;
        };
        let all = address.chars().all(|digit| digit == '0');
        // 0A is LISTEN.
        state == "0A"
            && u16::from_str_radix(local_port, 16) == Ok(port)
            && (all || wanted.iter().any(|wanted| address.ends_with(wanted)))
    })
}

/// Returns how a loopback address is written there: as words in the machine's byte order, so in one
/// of two ways. `::ffff:127.0.0.1` ends like `127.0.0.1`.
fn written(host: &str) -> [String; 2] {
    let (address, zeros) = match host {
        "::1" => ([0, 0, 0, 1], "0".repeat(24)),
        host => {
            let address: Result<Ipv4Addr, _> = host.parse();
            (
                address.unwrap_or(Ipv4Addr::LOCALHOST).octets(),
                String::new(),
            )
        }
    };
    let [little, big] = [u32::from_le_bytes(address), u32::from_be_bytes(address)];
    [format!("{zeros}{little:08X}"), format!("{zeros}{big:08X}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_socket_is_found_by_its_address() {
        let table = "  sl  local_address rem_address   st tx_queue
   0: 0100007F:2A9F 00000000:0000 0A 00000000:00000000
   1: 0100007F:2AA0 0100007F:9999 01 00000000:00000000
   2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A
   3: C902A8C0:0050 00000000:0000 0A 00000000:00000000
";
        assert!(listens(table, "127.0.0.1", 10911));
        assert!(!listens(table, "127.0.0.1", 10912), "only connected");
        assert!(listens(table, "localhost", 8080));
        assert!(!listens(table, "127.0.0.1", 80), "another interface");
        assert!(!listens(table, "::1", 10911));
    }
}
