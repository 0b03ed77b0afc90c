//! The text around a ciphertext: a header, and hexadecimal lines.

use super::{VaultError, cipher};
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// The start of everything encrypted with Ansible Vault.
pub const HEADER: &str = "$ANSIBLE_VAULT";

/// How many digits are on a line.
const WIDTH: usize = 80;

/// An encrypted text: what is known of it without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The label of the password it was encrypted with, if it has one.
    pub label: Option<String>,
    salt: Vec<u8>,
    hmac: Vec<u8>,
    ciphertext: Vec<u8>,
}

/// Returns whether the content of a file is encrypted as a whole.
pub fn is_encrypted(content: &[u8]) -> bool {
    content.starts_with(HEADER.as_bytes())
}

/// Returns a random salt.
pub fn new_salt() -> Result<Vec<u8>, getrandom::Error> {
    let mut salt = vec![0; 32];
    getrandom::fill(&mut salt)?;
    Ok(salt)
}

impl Envelope {
    /// Encrypts bytes.
    pub fn seal(plain: &[u8], password: &[u8], salt: Vec<u8>, label: Option<String>) -> Self {
        let (hmac, ciphertext) = cipher::encrypt(plain, password, &salt);
        Self {
            label,
            salt,
            hmac,
            ciphertext,
        }
    }

    /// Returns the plaintext; `None` if the password does not fit.
    pub fn open(&self, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        cipher::decrypt(&self.ciphertext, &self.hmac, password, &self.salt)
    }

    /// Reads what Ansible Vault writes: format 1.1, or 1.2 with a label.
    pub fn read(text: &[u8]) -> Result<Self, VaultError> {
        let invalid = |why: &str| VaultError::Invalid(why.to_owned());
        let text = std::str::from_utf8(text).map_err(|_| invalid("it is not text"))?;
        let mut lines = text.trim().lines();
        let header = lines.next().unwrap_or_default();
        let mut fields = header.trim().split(';').map(str::trim);
        if fields.next() != Some(HEADER) {
            return Err(invalid("it does not start with $ANSIBLE_VAULT"));
        }
        let version = fields.next().unwrap_or_default();
        if !["1.1", "1.2"].contains(&version) {
            let why = format!("format \"{version}\" (expected 1.1 or 1.2)");
            return Err(VaultError::Invalid(why));
        }
        let cipher = fields.next().unwrap_or_default();
        if cipher != "AES256" {
            let why = format!("cipher \"{cipher}\" (expected AES256)");
            return Err(VaultError::Invalid(why));
        }
        let label = fields.next().filter(|_| version == "1.2");
        let digits: String = lines.map(str::trim).collect();
        let body =
            unhex(digits.as_bytes()).ok_or_else(|| invalid("the body is not hexadecimal"))?;
        let mut parts = body.splitn(3, |byte| *byte == b'\n').map(unhex);
        let (Some(Some(salt)), Some(Some(hmac)), Some(Some(ciphertext))) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(invalid("the body is incomplete"));
        };
        Ok(Self {
            label: label.map(str::to_owned),
            salt,
            hmac,
            ciphertext,
        })
    }

    /// Returns the text that Ansible Vault writes, with a line break at the end.
    pub fn write(&self) -> String {
        let mut text = match &self.label {
            Some(label) => format!("{HEADER};1.2;AES256;{label}\n"),
            None => format!("{HEADER};1.1;AES256\n"),
        };
        let parts = [&self.salt, &self.hmac, &self.ciphertext].map(|part| hex(part));
        let digits = hex(parts.join("\n").as_bytes());
        let mut rest = digits.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(WIDTH));
            text.extend([line, "\n"]);
            rest = after;
        }
        text
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Returns the bytes of hexadecimal digits; `None` if they are something else.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| {
        let [high, low] = pair else { return None };
        u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
    };
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_password_alone() {
        for (plain, label) in [
            (&b""[..], None),
            (b"0123456789abcdef", Some("dev".to_owned())),
        ] {
            let sealed = Envelope::seal(plain, b"right", b"salt".to_vec(), label);
            let read = Envelope::read(sealed.write().as_bytes()).unwrap();
            assert_eq!(read, sealed);
            assert_eq!(read.open(b"right").unwrap().as_slice(), plain);
            assert_eq!(read.open(b"wrong"), None);
        }
    }

    /// The filter `vault` of ansible-core 2.19 wrote this, with this salt.
    #[test]
    fn it_is_written_as_ansible_writes_it() {
        let sealed = Envelope::seal(b"hello", b"pw", b"abc".to_vec(), Some("lbl".to_owned()));
        assert_eq!(
            sealed.write(),
            "$ANSIBLE_VAULT;1.2;AES256;lbl\n\
             3631363236330a393634613330653932626435306261653166356464346531306435633266393564\n\
             393030303337316566633633643135343437383166666630313133323765390a3061343561326565\n\
             633063633261346365323738353364653830623765653230\n"
        );
    }

    #[test]
    fn what_is_no_vault_text_says_why() {
        for (text, why) in [
            ("x", "it does not start with $ANSIBLE_VAULT"),
            (
                "$ANSIBLE_VAULT;1.3;AES256\n",
                "format \"1.3\" (expected 1.1 or 1.2)",
            ),
            (
                "$ANSIBLE_VAULT;1.1;AES\n",
                "cipher \"AES\" (expected AES256)",
            ),
            (
                "$ANSIBLE_VAULT;1.1;AES256\n3x\n",
                "the body is not hexadecimal",
            ),
            (
                "$ANSIBLE_VAULT;1.1;AES256\n313\n",
                "the body is not hexadecimal",
            ),
            (
                "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
                "the body is incomplete",
            ),
            ("$ANSIBLE_VAULT;1.1;AES256", "the body is incomplete"),
        ] {
            let error = Envelope::read(text.as_bytes()).unwrap_err();
            assert_eq!(error, VaultError::Invalid(why.to_owned()), "{text}");
        }
    }
}
