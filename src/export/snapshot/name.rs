//! What a snapshot is called: `incident-20260303T141021Z-orders.tar.zst`.

use super::pack::Form;
use super::scope::Scope;
use crate::model::time::Timestamp;

/// The name of a snapshot whose window ends at `end`.
pub(super) fn name(end: Option<Timestamp>, scope: &Scope, form: Form) -> String {
    let utc = end.map_or_else(
        || "unknown".to_owned(),
        |end| {
            let text = end.to_string();
            let seconds = text.get(..19).unwrap_or(&text);
            format!("{}Z", seconds.replace(['-', ':'], ""))
        },
    );
    format!(
        "incident-{utc}-{}{}",
        slug(&scope.words()),
        form.extension()
    )
}

/// Letters, digits and single dashes, at most 40.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(40);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "all".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_when_and_what() {
        let scope = Scope {
            functions: vec!["orders-*".into()],
            ..Scope::default()
        };
        let end = Some(Timestamp(1_795_168_801_274));
        assert_eq!(
            name(end, &scope, Form::Tar),
            "incident-20261120T100001Z-orders.tar.zst"
        );
        assert_eq!(
            name(None, &Scope::default(), Form::Folder),
            "incident-unknown-all"
        );
    }
}
