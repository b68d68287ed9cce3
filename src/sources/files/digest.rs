//! A hash of what inputs say: a key for masks, which the same records give again, and no proof.

use std::io::Read;

use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are read at once: no more than stays near the core.
const PART: usize = 1 << 18;

/// The hash of one input after another.
pub struct Digest {
    hash: Xxh3,
    length: u64,
    part: Vec<u8>,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            hash: Xxh3::new(),
            length: 0,
            part: vec![0; PART],
        }
    }
}

impl Digest {
    /// Takes in an input to its end, or to where it breaks off: reading it will say so. `progress` is given the bytes of all inputs so
    /// far; `false` if it stopped the reading.
    pub fn add(&mut self, reader: &mut dyn Read, progress: &mut dyn FnMut(u64) -> bool) -> bool {
        while let Ok(got @ 1..) = reader.read(&mut self.part) {
            self.hash.update(&self.part[..got]);
            self.length += got as u64;
            if !progress(self.length) {
                return false;
            }
        }
        true
    }

    /// The hash and the length of all of them. Every bit of the one depends on all bits of what was read.
    pub fn end(self) -> ([u8; 32], u64) {
        let key = Sha256::digest(self.hash.digest128().to_le_bytes());
        (key.into(), self.length)
    }
}
