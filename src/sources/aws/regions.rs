//! The regions known when this was written. A name that is none of them is still asked: it may be newer than nepho.

const KNOWN: [&str; 38] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The known regions, by name.
pub(super) fn all() -> Vec<String> {
    KNOWN.map(str::to_owned).to_vec()
}

/// Whether a word has the form of a region: `eu-west-1`.
pub(super) fn looks_like_one(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let is_word =
        |part: &&str| !part.is_empty() && part.bytes().all(|one| one.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit());
    words.len() >= 2 && words.iter().all(is_word) && is_number
}

/// Whether a word can stand in the names of hosts, as that of every region does.
pub(super) fn may_be_one(word: &str) -> bool {
    let known = |one: u8| one.is_ascii_alphanumeric() || one == b'-';
    !word.is_empty() && word.len() <= 63 && word.bytes().all(known) && !word.starts_with('-')
}

/// Whether the name is a known region.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The known region that the name was most likely meant to be; `None` if none is near.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    KNOWN
        .into_iter()
        .map(|known| (distance(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, known)| known)
}

/// Edits that make one text the other: letters added, left out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, left) in one.chars().take(64).enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, right) in other.iter().enumerate() {
            let change = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_region_that_was_meant() {
        assert_eq!(nearest("eu-wset-1"), Some("eu-west-1"));
        assert_eq!(nearest("us-eats-2"), Some("us-east-2"));
        assert_eq!(nearest("euwest-3"), Some("eu-west-3"));
        assert_eq!(nearest("the-moon-1"), None);
        assert!(is_known("eu-west-1") && !is_known("eu-wset-1"));
        assert!(KNOWN.into_iter().all(looks_like_one));
        assert!(KNOWN.into_iter().all(may_be_one) && may_be_one("the-moon-1"));
        assert!(!may_be_one("../x") && !may_be_one("eu west 1") && !may_be_one("-"));
        assert!(!looks_like_one("corp") && !looks_like_one("eu-west") && !looks_like_one("a--1"));
    }
}
