//! Names with their place. What exists once in each account and region (functions, log groups, tables, queues, APIs) has
//! the same name in several of them. Where more than one place is watched, such a name carries its place behind an `@`,
//! which none of them can hold, though a place can (`eu-west-1/admin@corp`): `orders-worker@eu-west-1`. With one place names stand alone.

use std::borrow::Cow;

/// Stands before the place.
const MARK: char = '@';

/// The name and its place, where it carries one.
pub fn split(text: &str) -> (&str, Option<&str>) {
    // Asked of every line: far quicker than `split_once`.
    match memchr::memchr(MARK as u8, text.as_bytes()) {
        Some(mark) => (&text[..mark], Some(&text[mark + 1..])),
        None => (text, None),
    }
}

/// The name as AWS knows it.
pub fn name(text: &str) -> &str {
    split(text).0
}

/// The place that a name carries.
pub fn place(text: &str) -> Option<&str> {
    split(text).1
}

/// The name with that place.
pub fn join<'a>(name: &'a str, place: Option<&str>) -> Cow<'a, str> {
    match place {
        Some(place) => Cow::Owned(format!("{name}{MARK}{place}")),
        None => Cow::Borrowed(name),
    }
}

/// Whether a name fits what was asked for, with its place or without.
pub fn fits(text: &str, wanted: impl Fn(&str) -> bool) -> bool {
    wanted(text) || place(text).is_some() && wanted(name(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_its_place_or_stands_alone() {
        let joined = join("lambda:pay", Some("eu-west-1/prod"));
        assert_eq!(joined, "lambda:pay@eu-west-1/prod");
        assert_eq!(split(&joined), ("lambda:pay", Some("eu-west-1/prod")));
        let of_role = join("lambda:pay", Some("eu-west-1/admin@corp"));
        assert_eq!(
            split(&of_role),
            ("lambda:pay", Some("eu-west-1/admin@corp")),
            "profiles may hold one"
        );
        assert_eq!(join("pay", None), "pay");
        assert_eq!((name("pay"), place("pay")), ("pay", None));
        assert!(fits("pay@eu-west-1", |name| name == "pay") && !fits("pay", |name| name == "p"));
    }
}
