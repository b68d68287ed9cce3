//! What is freed goes back to the system, also what is freed between things that stay.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::fs;

const KILOBYTE: usize = 1024;
const MEGABYTE: usize = 1024 * KILOBYTE;

/// Memory of this process that is in use and belongs to no file.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line
        .and_then(|line| line.split_whitespace().next())
        .unwrap();
    number.parse::<usize>().unwrap() * KILOBYTE
}

/// glibc left to itself keeps all 192 MB: the large block that was freed taught it to take blocks of its size out of a heap, and such a
/// heap shrinks only at its end, where the small ones stand.
#[test]
fn blocks_between_small_ones_are_given_back() {
    drop(vec![1_u8; 24 * MEGABYTE]);
    let before = resident();
    let blocks: Vec<_> = (0..512)
        .map(|_| (vec![1_u8; 384 * KILOBYTE], vec![1_u8; KILOBYTE]))
        .collect();
    assert!(resident() - before > 180 * MEGABYTE);
    let small: Vec<_> = blocks.into_iter().map(|(_, small)| small).collect();
    let held = resident().saturating_sub(before);
    assert!(
        held < 8 * MEGABYTE,
        "{held} bytes held for {} KB",
        small.len()
    );
}
