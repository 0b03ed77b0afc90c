//! The answer of a web server, read from a connection.

use std::io::{ErrorKind, Read};

/// Bytes that the head of an answer, or a line of it, may have.
const LARGEST_HEAD: usize = 256 * 1024;

/// Bytes that a body may have.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// The answer of a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status, such as 200.
    pub(super) status: u16,
    /// Its text, such as `OK`.
    pub(super) reason: String,
    /// The headers in order, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end; one to `HEAD` has no body.
    pub(super) fn read(from: &mut dyn Read, is_head: bool) -> std::io::Result<Self> {
        let mut input = Input {
            from,
            bytes: Vec::new(),
        };
        let mut answer = loop {
            let answer = Self::head(&mut input)?;
            // An answer such as 100 Continue comes before the one that is meant.
            if answer.status >= 200 {
                break answer;
            }
        };
        if is_head || [204, 304].contains(&answer.status) {
            return Ok(answer);
        }
        let is_chunked = answer
            .header("transfer-encoding")
            .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
        let length = answer.header("content-length");
        let length = length.map(|digits| digits.trim().parse::<usize>());
        answer.body = match length {
            _ if is_chunked => chunks(&mut input)?,
            Some(Ok(length)) => input.exactly(length)?,
            Some(Err(_)) => return Err(invalid("its length is not a number")),
            None => input.rest()?,
        };
        Ok(answer)
    }

    fn head(input: &mut Input) -> std::io::Result<Self> {
        let first = input.line()?;
        let mut parts = first.splitn(3, ' ');
        let is_http = parts
            .next()
            .is_some_and(|version| version.starts_with("HTTP/"));
        let status = parts.next().and_then(|status| status.parse().ok());
        let (true, Some(status)) = (is_http, status) else {
            return Err(invalid("it does not speak HTTP"));
        };
        let reason = parts.next().unwrap_or_default().trim().to_owned();
        let mut headers = Vec::new();
        let mut size = 0;
        loop {
            let line = input.line()?;
            size += line.len();
            if line.is_empty() {
                break;
            }
            if size > LARGEST_HEAD {
                return Err(invalid("its headers are too long"));
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Ok(Self {
            status,
            reason,
            headers,
            body: Vec::new(),
        })
    }

    /// Returns the first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn chunks(input: &mut Input) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = input.line()?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(digits, 16);
        let length = length.map_err(|_| invalid("the length of a chunk is not a number"))?;
        if length == 0 {
            while !input.line()?.is_empty() {}
            return Ok(body);
        }
        if body.len().saturating_add(length) > LARGEST_BODY {
            return Err(too_long());
        }
        body.extend(input.exactly(length)?);
        input.line()?;
    }
}

/// What came so far and was not used.
struct Input<'a> {
    from: &'a mut dyn Read,
    bytes: Vec<u8>,
}

impl Input<'_> {
    /// Waits for more. Returns whether there is any.
    fn more(&mut self) -> std::io::Result<bool> {
        let mut piece = vec![0; 64 * 1024];
        let read = match self.from.read(&mut piece) {
            Ok(read) => read,
            // A server may close without a farewell of TLS.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error),
        };
        self.bytes.extend(piece.get(..read).unwrap_or_default());
        Ok(read > 0)
    }

    fn line(&mut self) -> std::io::Result<String> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.bytes.len() > LARGEST_HEAD {
                return Err(invalid("its headers are too long"));
            }
            if !self.more()? {
                return Err(invalid("it closed the connection"));
            }
        }
    }

    fn exactly(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        if length > LARGEST_BODY {
            return Err(too_long());
        }
        while self.bytes.len() < length {
            if !self.more()? {
                return Err(invalid("it closed the connection"));
            }
        }
        Ok(self.bytes.drain(..length).collect())
    }

    fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        while self.more()? {
            if self.bytes.len() > LARGEST_BODY {
                return Err(too_long());
            }
        }
        Ok(std::mem::take(&mut self.bytes))
    }
}

fn invalid(reason: &str) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, reason)
}

fn too_long() -> std::io::Error {
    invalid(&format!("its answer has more than {LARGEST_BODY} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u16, String), String> {
        let answer =
            Answer::read(&mut text.as_bytes(), false).map_err(|error| error.to_string())?;
        Ok((answer.status, String::from_utf8(answer.body).unwrap()))
    }

    #[test]
    fn the_end_of_a_body_is_found_in_each_way() {
        for (answer, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcd", "ab"),
            ("HTTP/1.0 200 OK\n\nabcd", "abcd"),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\nab\r\na\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
                "ab0123456789",
            ),
        ] {
            assert_eq!(read(answer), Ok((200, body.to_owned())));
        }
        assert_eq!(read("HTTP/1.1 204 No\r\n\r\nx"), Ok((204, String::new())));
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        for (answer, reason) in [
            ("SSH-2.0-x\r\n", "it does not speak HTTP"),
            ("HTTP/1.1 200 OK\r\n", "it closed the connection"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
                "it closed the connection",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "its length is not a number",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "the length of a chunk is not a number",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
                "its answer has more than 67108864 bytes",
            ),
        ] {
            assert_eq!(read(answer), Err(reason.to_owned()));
        }
    }
}
