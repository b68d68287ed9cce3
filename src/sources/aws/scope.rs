//! Which functions and log groups are looked at.

use globset::{Glob, GlobSet, GlobSetBuilder};

/// What is special in a glob.
const SPECIAL: [char; 6] = ['*', '?', '[', ']', '{', '\\'];

/// Globs of function and log group names. Empty: all functions.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    functions: Vec<String>,
    log_groups: Vec<String>,
    function_set: GlobSet,
    log_group_set: GlobSet,
}

impl Scope {
    /// Compiles the globs; the error names the one that cannot be read.
    pub fn new(functions: &[String], log_groups: &[String]) -> Result<Self, String> {
        Ok(Self {
            functions: functions.to_vec(),
            log_groups: log_groups.to_vec(),
            function_set: compile(functions)?,
            log_group_set: compile(log_groups)?,
        })
    }

    /// Whether a function that writes to that log group is looked at.
    pub(super) fn has_function(&self, name: &str, group: &str) -> bool {
        (self.functions.is_empty() || self.function_set.is_match(name))
            && (self.log_groups.is_empty() || self.log_group_set.is_match(group))
    }

    /// Whether a log group that was found by its name is looked at. Without a choice of functions the gateways' logs are,
    /// and by `/aws/lambda/NAME` those of functions whose list may not be read.
    pub(super) fn has_group(&self, group: &str) -> bool {
        if !self.log_groups.is_empty() {
            return self.log_group_set.is_match(group);
        }
        match group.strip_prefix(FUNCTION_GROUPS) {
            Some(function) => self.has_function(function, group),
            None => self.functions.is_empty(),
        }
    }

    /// Log groups and functions that are named whole: read without looking for them.
    pub(super) fn named_groups(&self) -> Vec<String> {
        whole(&self.log_groups).map(str::to_owned).collect()
    }

    /// Groups of functions that are named whole, by the name that Lambda gives them.
    pub(super) fn groups_of_named_functions(&self) -> Vec<String> {
        let groups = whole(&self.functions).map(|name| format!("{FUNCTION_GROUPS}{name}"));
        groups
            .filter(|group| self.log_groups.is_empty() || self.log_group_set.is_match(group))
            .collect()
    }

    /// The functions, where each is named whole: nothing need be listed.
    pub(super) fn only_named_functions(&self) -> Option<Vec<String>> {
        let all_named = whole(&self.functions).count() == self.functions.len();
        (all_named && !self.functions.is_empty()).then(|| self.functions.clone())
    }

    /// Prefixes under which groups are looked for; `functions_unread`: the functions may not be listed.
    pub(super) fn prefixes(&self, functions_unread: bool) -> Vec<String> {
        if !self.log_groups.is_empty() {
            let globs = self.log_groups.iter().filter(|glob| glob.contains(SPECIAL));
            return distinct(globs.map(|glob| literal(glob).to_owned()));
        }
        let mut prefixes = Vec::new();
        if functions_unread && self.functions.is_empty() {
            prefixes.push(FUNCTION_GROUPS.to_owned());
        } else if functions_unread {
            let globs = self.functions.iter().filter(|glob| glob.contains(SPECIAL));
            prefixes = distinct(globs.map(|glob| format!("{FUNCTION_GROUPS}{}", literal(glob))));
        }
        if self.functions.is_empty() {
            prefixes.extend(GATEWAY_GROUPS.map(str::to_owned));
        }
        prefixes
    }

    /// The globs of functions, for messages.
    pub(super) fn wanted(&self) -> String {
        self.functions
            .iter()
            .chain(&self.log_groups)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Where Lambda writes unless told otherwise.
pub(super) const FUNCTION_GROUPS: &str = "/aws/lambda/";
/// Where API Gateway writes its logs.
const GATEWAY_GROUPS: [&str; 2] = ["API-Gateway-Access-Logs_", "API-Gateway-Execution-Logs_"];

fn compile(globs: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob).map_err(|error| format!("{glob}: not a glob: {}", error.kind()))?);
    }
    set.build().map_err(|error| error.to_string())
}

fn whole(globs: &[String]) -> impl Iterator<Item = &str> {
    globs
        .iter()
        .map(String::as_str)
        .filter(|glob| !glob.contains(SPECIAL))
}

/// The text before the first special character.
fn literal(glob: &str) -> &str {
    glob.split(SPECIAL).next().unwrap_or_default()
}

fn distinct(prefixes: impl Iterator<Item = String>) -> Vec<String> {
    let mut prefixes: Vec<String> = prefixes.collect();
    prefixes.sort_unstable();
    prefixes.dedup_by(|longer, shorter| longer.starts_with(shorter.as_str()));
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(functions: &[&str], groups: &[&str]) -> Scope {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        Scope::new(&owned(functions), &owned(groups)).unwrap()
    }

    #[test]
    fn without_a_choice_all_functions_and_gateways_are_looked_at() {
        let all = scope(&[], &[]);
        assert!(all.has_function("pay", "/shared"));
        assert!(all.has_group("API-Gateway-Access-Logs_x/prod"));
        assert_eq!(
            all.prefixes(false).len(),
            2,
            "only the gateways' need finding"
        );
        assert!(all.prefixes(true).contains(&"/aws/lambda/".to_owned()));
    }

    #[test]
    fn globs_of_functions_hold_for_their_groups_too() {
        let pay = scope(&["pay*", "audit"], &[]);
        assert!(pay.has_function("payment", "/shared") && !pay.has_function("orders", "/shared"));
        assert!(pay.has_group("/aws/lambda/payment") && !pay.has_group("/aws/lambda/orders"));
        assert!(!pay.has_group("API-Gateway-Access-Logs_x/prod"));
        assert_eq!(pay.prefixes(true), ["/aws/lambda/pay"]);
        assert_eq!(pay.groups_of_named_functions(), ["/aws/lambda/audit"]);
    }

    #[test]
    fn chosen_groups_choose_the_functions_that_write_to_them() {
        let shared = scope(&[], &["/platform/*", "/team/one"]);
        assert!(shared.has_function("any", "/platform/shared"));
        assert!(!shared.has_function("any", "/aws/lambda/any"));
        assert_eq!(shared.prefixes(true), ["/platform/"]);
        assert_eq!(shared.named_groups(), ["/team/one"]);
    }

    #[test]
    fn prefixes_that_another_covers_are_asked_once() {
        assert_eq!(
            scope(&[], &["/a/b*", "/a/*", "/c?"]).prefixes(false),
            ["/a/", "/c"]
        );
        assert_eq!(scope(&[], &["*"]).prefixes(false), [""]);
    }

    #[test]
    fn a_glob_that_cannot_be_read_is_named() {
        let error = Scope::new(&["pay[".to_owned()], &[]).unwrap_err();
        assert!(error.starts_with("pay[: not a glob"), "{error}");
    }
}
