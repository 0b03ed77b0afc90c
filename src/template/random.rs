//! Random numbers: the operating system's, or Python's for a given seed.

use super::numbers::whole;
use super::text;
use crate::value::Value;
use minijinja::{Error, ErrorKind};
use sha2::{Digest, Sha512};

/// The source of random numbers.
pub(super) enum Random {
    /// The operating system.
    System,
    /// The Mersenne Twister of Python's `random.Random(seed)`.
    Seeded(Box<Twister>),
}

impl Random {
    /// Returns Python's source for this seed, or the system's without one.
    pub(super) fn new(seed: Option<&Value>) -> Result<Self, Error> {
        let Some(seed) = seed else {
            return Ok(Self::System);
        };
        let key = match (seed.as_str(), whole(seed)) {
            (Some(text), _) => {
                let digest = Sha512::digest(text.as_bytes());
                words(&[text.as_bytes(), digest.as_slice()].concat())
            }
            (None, Some(number)) => words(&number.unsigned_abs().to_be_bytes()),
            _ => {
                let message = format!(
                    "a seed must be text or a whole number, not {}",
                    text::type_name(seed)
                );
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        };
        Ok(Self::Seeded(Box::new(Twister::new(&key))))
    }

    /// Returns a number below `limit`, which must not be zero.
    pub(super) fn below(&mut self, limit: u64) -> Result<u64, Error> {
        let bits = u64::BITS - limit.leading_zeros();
        loop {
            let number = self.bits(bits)?;
            if number < limit {
                return Ok(number);
            }
        }
    }

    /// Shuffles the items.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) -> Result<(), Error> {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1)?;
            items.swap(last, usize::try_from(other).unwrap_or(last));
        }
        Ok(())
    }

    /// Returns a random item, or `None` if there are no items.
    pub(super) fn choose<'i, T>(&mut self, items: &'i [T]) -> Result<Option<&'i T>, Error> {
        if items.is_empty() {
            return Ok(None);
        }
        let index = self.below(items.len() as u64)?;
        Ok(items.get(usize::try_from(index).unwrap_or(0)))
    }

    fn bits(&mut self, count: u32) -> Result<u64, Error> {
        match self {
            Self::System => {
                let number = getrandom::u64().map_err(|error| {
                    let message = format!("cannot read random numbers from the system: {error}");
                    Error::new(ErrorKind::InvalidOperation, message)
                })?;
                Ok(if count == 0 {
                    0
                } else {
                    number >> (u64::BITS - count)
                })
            }
            Self::Seeded(twister) => Ok(match count {
                0 => 0,
                1..=32 => u64::from(twister.next() >> (32 - count)),
                _ => u64::from(twister.next()) | u64::from(twister.next() >> (64 - count)) << 32,
            }),
        }
    }
}

/// Returns the 32-bit words of a big-endian number, the lowest first, without leading zeros.
fn words(bytes: &[u8]) -> Vec<u32> {
    let mut words: Vec<u32> = bytes
        .rchunks(4)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |word, byte| word << 8 | u32::from(*byte))
        })
        .collect();
    while words.len() > 1 && words.last() == Some(&0) {
        words.pop();
    }
    words
}

/// MT19937 of Matsumoto and Nishimura, seeded by an array as `CPython` does.
pub(super) struct Twister {
    state: [u32; 624],
    index: usize,
}

impl Twister {
    fn new(key: &[u32]) -> Self {
        let mut state = [0u32; 624];
        let mut previous = 19_650_218u32;
        for (index, word) in (0u32..).zip(&mut state) {
            *word = if index == 0 {
                previous
            } else {
                1_812_433_253u32
                    .wrapping_mul(previous ^ previous >> 30)
                    .wrapping_add(index)
            };
            previous = *word;
        }
        let mixed = |state: &[u32; 624], at: usize, factor: u32| {
            let before = state[at - 1];
            state[at] ^ (before ^ before >> 30).wrapping_mul(factor)
        };
        let mut at = 1;
        let rounds = state.len().max(key.len());
        for (number, word) in (0u32..).zip(key).cycle().take(rounds) {
            let sum = mixed(&state, at, 1_664_525).wrapping_add(*word);
            state[at] = sum.wrapping_add(number);
            at = advance(&mut state, at);
        }
        for _ in 1..state.len() {
            let index = u32::try_from(at).unwrap_or(0);
            state[at] = mixed(&state, at, 1_566_083_941).wrapping_sub(index);
            at = advance(&mut state, at);
        }
        state[0] = 0x8000_0000;
        Self { state, index: 624 }
    }

    fn next(&mut self) -> u32 {
        if self.index >= self.state.len() {
            for index in 0..624 {
                let joined = (self.state[index] & 0x8000_0000)
                    | (self.state[(index + 1) % 624] & 0x7fff_ffff);
                let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[index] = self.state[(index + 397) % 624] ^ joined >> 1 ^ odd;
            }
            self.index = 0;
        }
        let mut word = self.state[self.index];
        self.index += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }
}

/// Returns the index after `at`, starting over after the last word.
fn advance(state: &mut [u32; 624], at: usize) -> usize {
    if at + 1 < state.len() {
        return at + 1;
    }
    state[0] = state[at];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_pythons_numbers() {
        // Values of random.Random(seed).getrandbits(bits).
        for (seed, bits, expected) in [
            (Value::from(3), 32, 1_022_050_301),
            (Value::from("x"), 64, 5_813_587_092_268_862_931),
            (Value::from(-7), 40, 1_040_772_936_760),
            (Value::from((1u128 << 100) + 5), 32, 3_020_866_642),
        ] {
            let mut random = Random::new(Some(&seed)).unwrap();
            assert_eq!(random.bits(bits).unwrap(), expected, "{seed}");
        }
    }
}
