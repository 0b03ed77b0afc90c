//! One message of RocketMQ's remoting protocol, and its bytes.

use super::json;
use serde_json::{Map, Value};

/// The most that a server accepts or sends at once, in bytes
/// (`com.rocketmq.remoting.frameMaxLength`).
const LONGEST: usize = 16 << 20;

/// Bit 0 of the flag: set in answers.
const IS_ANSWER: i32 = 1;

/// One message: a request or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Command {
    /// The code of the request; in an answer its status, 0 for success.
    pub(crate) code: i32,
    /// The number of the request, repeated in its answer.
    pub(crate) opaque: i32,
    /// Whether it is an answer.
    pub(crate) is_answer: bool,
    /// The sender's version, as its number in the list of all versions (78, 407, 479).
    pub(crate) version: i32,
    /// Why the request failed.
    pub(crate) remark: Option<String>,
    /// Arguments, or named values of the answer, all as text.
    pub(crate) fields: Vec<(String, String)>,
    /// The bytes after the header.
    pub(crate) body: Vec<u8>,
}

/// Why bytes are not a valid message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a message of {0} bytes")]
    Length(usize),
    #[error("a header of {header} bytes in a message of {message}")]
    HeaderLength { header: usize, message: usize },
    #[error("a header of serialisation {0}")]
    Serialisation(u8),
    #[error("a header that is not valid JSON: {0}")]
    Header(String),
}

impl Command {
    /// Returns a request.
    pub(crate) fn request(code: i32, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        Self {
            code,
            fields: fields
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Self::default()
        }
    }

    /// Returns the message with this body.
    pub(crate) fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// Returns a named value of an answer.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Encodes the message with a JSON header.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let header = self.header().to_string().into_bytes();
        let length = 4 + header.len() + self.body.len();
        let mut bytes = Vec::with_capacity(4 + length);
        // Our messages are far shorter than 16 MiB.
        bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(
            u32::try_from(header.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        bytes.extend(header);
        bytes.extend(&self.body);
        bytes
    }

    /// Every version knows the language JAVA; 3.2.6 does not answer an unknown one.
    fn header(&self) -> Value {
        let mut header = Map::new();
        let mut put = |name: &str, value: Value| header.insert(name.to_owned(), value);
        put("code", self.code.into());
        put("language", "JAVA".into());
        put("version", self.version.into());
        put("opaque", self.opaque.into());
        put("flag", i32::from(self.is_answer).into());
        if let Some(remark) = &self.remark {
            put("remark", remark.as_str().into());
        }
        if !self.fields.is_empty() {
            let fields = self.fields.iter();
            let fields: Map<_, _> = fields
                .map(|(name, value)| (name.clone(), value.as_str().into()))
                .collect();
            put("extFields", fields.into());
        }
        put("serializeTypeCurrentRPC", "JSON".into());
        header.into()
    }

    /// Takes one message off the front of `bytes`, or returns `None` if it is still incomplete.
    pub(crate) fn take(bytes: &mut Vec<u8>) -> Result<Option<Self>, FrameError> {
        let Some(length) = number(bytes, 0) else {
            return Ok(None);
        };
        if !(4..=LONGEST).contains(&length) {
            return Err(FrameError::Length(length));
        }
        let end = 4 + length;
        if bytes.len() < end {
            return Ok(None);
        }
        let after = bytes.split_off(end);
        let message = std::mem::replace(bytes, after);
        Self::decode(message.get(4..).unwrap_or_default()).map(Some)
    }

    fn decode(message: &[u8]) -> Result<Self, FrameError> {
        let serialisation = message.first().copied().unwrap_or_default();
        if serialisation != 0 {
            return Err(FrameError::Serialisation(serialisation));
        }
        let header = number(message, 0).unwrap_or_default();
        let Some((header, body)) = message
            .get(4..)
            .and_then(|rest| rest.split_at_checked(header))
        else {
            let message = message.len();
            return Err(FrameError::HeaderLength { header, message });
        };
        let header = json::read(header).map_err(|error| FrameError::Header(error.to_string()))?;
        Self::of(&header, body.to_vec()).ok_or_else(|| FrameError::Header(header.to_string()))
    }

    fn of(header: &Value, body: Vec<u8>) -> Option<Self> {
        let number = |name: &str| -> Option<i32> {
            let number = header.get(name).and_then(Value::as_i64)?;
            number.try_into().ok()
        };
        let fields = header.get("extFields").and_then(Value::as_object);
        let fields = fields.into_iter().flatten().map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), value)
        });
        Some(Self {
            code: number("code")?,
            opaque: number("opaque")?,
            is_answer: number("flag").unwrap_or_default() & IS_ANSWER != 0,
            version: number("version").unwrap_or_default(),
            remark: header
                .get("remark")
                .and_then(Value::as_str)
                .map(str::to_owned),
            fields: fields.collect(),
            body,
        })
    }
}

/// Returns the number in the four bytes starting at `at`.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_written_as_the_java_client_writes_it() {
        let mut request = Command::request(105, &[("topic", "orders")]);
        request.opaque = 7;
        let header = concat!(
            r#"{"code":105,"language":"JAVA","version":0,"opaque":7,"flag":0,"#,
            r#""extFields":{"topic":"orders"},"serializeTypeCurrentRPC":"JSON"}"#
        );
        let mut expected = vec![0, 0, 0, 4 + u8::try_from(header.len()).unwrap()];
        expected.extend([0, 0, 0, u8::try_from(header.len()).unwrap()]);
        expected.extend(header.as_bytes());
        assert_eq!(request.encode(), expected);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for (bytes, expected) in [
            (vec![0xff; 8], FrameError::Length(0xffff_ffff)),
            (vec![0, 0, 0, 0], FrameError::Length(0)),
            (
                vec![0, 0, 0, 6, 0, 0, 0, 9, b'{', b'}'],
                FrameError::HeaderLength {
                    header: 9,
                    message: 6,
                },
            ),
            (
                vec![0, 0, 0, 6, 1, 0, 0, 2, b'{', b'}'],
                FrameError::Serialisation(1),
            ),
            (
                vec![0, 0, 0, 6, 0, 0, 0, 2, b'{', b'}'],
                FrameError::Header("{}".to_owned()),
            ),
        ] {
            assert_eq!(
                Command::take(&mut bytes.clone()),
                Err(expected),
                "{bytes:?}"
            );
        }
    }

    fn any_command() -> impl Strategy<Value = Command> {
        let fields = prop::collection::btree_map(".{1,8}", ".*", 0..4);
        let body = prop::collection::vec(any::<u8>(), 0..64);
        let numbers = (any::<i32>(), any::<i32>(), any::<bool>(), any::<i32>());
        (numbers, prop::option::of(".*"), fields, body).prop_map(
            |((code, opaque, is_answer, version), remark, fields, body)| Command {
                code,
                opaque,
                is_answer,
                version,
                remark,
                fields: fields.into_iter().collect(),
                body,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(commands in prop::collection::vec(any_command(), 1..4)) {
            let bytes: Vec<u8> = commands.iter().flat_map(Command::encode).collect();
            let mut arrived = Vec::new();
            let mut read = Vec::new();
            // Bytes may arrive in any pieces; one at a time is the hardest case.
            for byte in bytes {
                arrived.push(byte);
                if let Some(command) = Command::take(&mut arrived).unwrap() {
                    read.push(command);
                }
            }
            prop_assert_eq!(read, commands);
            prop_assert!(arrived.is_empty());
        }

        #[test]
        fn any_bytes_end_without_a_panic(
            mut bytes in prop::collection::vec(any::<u8>(), 0..64),
            length in 0_u8..64,
        ) {
            if let Some(first) = bytes.get_mut(..4) {
                first.copy_from_slice(&[0, 0, 0, length]);
            }
            let _ = Command::take(&mut bytes);
        }
    }
}
