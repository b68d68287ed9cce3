//! Places that can be watched: an account, as a profile of the AWS configuration names it, and a region.

/// An account and a region, as far as they were chosen; the rest comes from the usual chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Profile of the AWS configuration files.
    pub profile: Option<String>,
    pub region: Option<String>,
}

/// What a dashboard watches, and what it could.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watching {
    /// As they were chosen, each in each region; empty: the usual one.
    pub profiles: Vec<String>,
    /// As they were chosen; empty: each profile's own.
    pub regions: Vec<String>,
    pub known: Profiles,
    /// All regions that are known.
    pub all_regions: Vec<String>,
}

impl Watching {
    /// In words, as the header has it: `prod,test eu-west-1`.
    pub fn words(&self) -> String {
        let chosen = [self.profiles.join(","), self.regions.join(",")];
        let chosen: Vec<&str> = chosen
            .iter()
            .map(String::as_str)
            .filter(|chosen| !chosen.is_empty())
            .collect();
        if chosen.is_empty() {
            "aws".to_owned()
        } else {
            chosen.join(" ")
        }
    }
}

/// The profiles that the AWS configuration files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    /// The one that is asked where none is named.
    pub default: String,
    /// The region that the environment names: it goes before those of profiles.
    pub region: Option<String>,
    /// By name.
    pub profiles: Vec<Profile>,
}

/// One profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// The region that its settings name.
    pub region: Option<String>,
}

impl Profiles {
    /// The region of a place, as far as arguments, environment and files tell.
    pub fn region(&self, place: &Place) -> Option<String> {
        let name = place.profile.as_ref().unwrap_or(&self.default);
        let profile = self.profiles.iter().find(|profile| profile.name == *name);
        let of_profile = || profile.and_then(|profile| profile.region.clone());
        let chosen = place.region.clone().or_else(|| self.region.clone());
        chosen.or_else(of_profile)
    }
}
