//! The lookup `password`.

use super::{Lookup, arguments, wrong};
use crate::host::not_on_a_guess;
use crate::source::{LocalPath, decrypted, regular};
use crate::template::compare::is_list;
use crate::template::crypt::{self, Scheme};
use crate::template::filters::random_salt;
use crate::template::paths::expand_user;
use crate::template::random::Random;
use crate::template::text;
use crate::value::{Fields, Value};
use crate::vault;
use minijinja::Error;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Passwords are created one at a time: hosts that use the same file get the same password.
static ONE: Mutex<()> = Mutex::new(());

/// `password`: a random password stored in a file.
pub(super) fn password(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    lookup
        .texts()?
        .iter()
        .map(|term| one(lookup, term).map(Value::from))
        .collect()
}

fn one(lookup: &Lookup<'_>, term: &str) -> Result<String, Error> {
    let (path, named) = arguments::parse(term);
    let mut options: Fields = lookup.options.clone();
    options.extend(
        named
            .into_iter()
            .map(|(name, value)| (name, Value::from(value))),
    );
    let known = ["length", "encrypt", "chars", "ident", "seed"];
    if let Some(name) = options.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(wrong(format!(
            "Unrecognized parameter(s) given to password lookup: {name}"
        )));
    }
    let path = PathBuf::from(expand_user(&path));
    let base = lookup.reach.site.folders.last();
    let path = base.map_or_else(|| LocalPath::of(&path), |base| base.join(&path));
    let kept = *path != *Path::new("/dev/null");
    not_on_a_guess().map_err(|error| wrong(error.to_string()))?;
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let content = read(&path)?.filter(|_| kept);
    let (password, salt, ident) = match &content {
        Some(content) => parsed(content.trim_end()),
        None => (random(&options)?, None, None),
    };
    let option = |name: &str| {
        options
            .get(name)
            .filter(|value| value.is_true())
            .map(text::text)
            .transpose()
    };
    let Some(encrypt) = option("encrypt")? else {
        if kept && content.is_none() {
            write(&path, &password)?;
        }
        return Ok(password);
    };
    let scheme = match encrypt.as_str() {
        "md5" | "md5_crypt" => Scheme::Md5,
        "sha256" | "sha256_crypt" => Scheme::Sha256,
        "sha512" | "sha512_crypt" => Scheme::Sha512,
        "blowfish" | "bcrypt" => Scheme::Blowfish,
        _ => return Err(wrong(format!("password: there is no hash {encrypt}"))),
    };
    let implicit = (scheme == Scheme::Blowfish).then(|| "2b".to_owned());
    let known_ident = ident.clone();
    let ident = ident.or(option("ident")?).or(implicit);
    let known_salt = salt.clone();
    let salt = salt.map_or_else(|| random_salt(scheme.salt_size()), Ok)?;
    if kept && (known_salt.is_none() || known_ident != ident) {
        let tail = ident
            .as_ref()
            .map_or(String::new(), |ident| format!(" ident={ident}"));
        write(&path, &format!("{password} salt={salt}{tail}"))?;
    }
    let ident = ident.unwrap_or_else(|| "2b".to_owned());
    crypt::hash(scheme, &password, &salt, None, &ident)
        .map_err(|why| why.error(|why| wrong(format!("password: {why}"))))
}

/// Returns the password, the salt and the bcrypt variant in a file.
fn parsed(content: &str) -> (String, Option<String>, Option<String>) {
    let Some((password, rest)) = content.rsplit_once(" salt=") else {
        return (content.to_owned(), None, None);
    };
    let (salt, ident) = rest
        .rsplit_once(" ident=")
        .map_or((rest, None), |(salt, ident)| (salt, Some(ident)));
    (
        password.to_owned(),
        Some(salt.to_owned()),
        ident.map(str::to_owned),
    )
}

fn random(options: &Fields) -> Result<String, Error> {
    let length = match options.get("length") {
        Some(length) => text::text(length)?
            .parse::<usize>()
            .map_err(|_| wrong("password: length must be a number"))?,
        None => 20,
    };
    let sets = match options.get("chars") {
        Some(list) if is_list(list) => list
            .try_iter()?
            .map(|set| text::text(&set))
            .collect::<Result<Vec<_>, _>>()?,
        Some(chars) => {
            let chars = text::text(chars)?;
            let comma = chars.contains(",,").then(|| ",".to_owned());
            let chars = chars.replace(",,", ",");
            let sets = chars
                .split(',')
                .filter(|set| !set.is_empty())
                .map(str::to_owned);
            comma.into_iter().chain(sets).collect()
        }
        None => ["ascii_letters", "digits", ".,:-_"]
            .map(str::to_owned)
            .to_vec(),
    };
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let characters: Vec<char> = sets
        .iter()
        .map(|set| match set.as_str() {
            "ascii_letters" => lower.to_owned() + &lower.to_uppercase(),
            "ascii_lowercase" => lower.to_owned(),
            "ascii_uppercase" => lower.to_uppercase(),
            "digits" => "0123456789".to_owned(),
            "hexdigits" => "0123456789abcdefABCDEF".to_owned(),
            "octdigits" => "01234567".to_owned(),
            "punctuation" => "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".to_owned(),
            other => other.to_owned(),
        })
        .flat_map(|set| set.chars().collect::<Vec<_>>())
        .filter(|character| !"\"'".contains(*character))
        .collect();
    let seed = options.get("seed").filter(|seed| !seed.is_none());
    let seed = seed
        .map(|seed| text::text(seed).map(Value::from))
        .transpose()?;
    let mut random = Random::new(seed.as_ref())?;
    let mut password = String::new();
    for _ in 0..length.min(1 << 16) {
        password.extend(random.choose(&characters)?);
    }
    Ok(password)
}

/// Returns the text of a file, or nothing if it does not exist yet.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match regular::read(path) {
        Ok(bytes) if vault::is_encrypted(&bytes) => {
            let opened = decrypted(path).map_err(|problem| wrong(problem.message))?;
            Ok(Some(String::from_utf8_lossy(&opened).into_owned()))
        }
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(format!("{}: {error}", path.display()))),
    }
}

fn write(path: &Path, content: &str) -> Result<(), Error> {
    let fail = |error: std::io::Error| wrong(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(fail)?;
    }
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let mut file = file.map_err(fail)?;
    file.write_all(format!("{content}\n").as_bytes())
        .map_err(fail)
}
