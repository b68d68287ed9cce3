//! Which places are watched: the profiles and regions that were asked for, each with each.

use aws_config::profile;

use super::{Choice, regions};
use crate::model::places::{Place, Profile, Profiles, Watching};

/// The places: each profile in each region. A profile that names its own region (`prod@eu-west-1`) is asked there alone; without
/// regions each is asked in the region that the environment or its settings say. Where there are several, each has a name:
/// its region, and its profile where regions alone do not tell them apart.
/// `all`: one place has a name too.
pub fn cross(watching: &Watching, endpoint_url: Option<&str>, all: bool) -> Vec<Choice> {
    let mut places: Vec<Place> = Vec::new();
    let nothing = [String::new()];
    let or_nothing = |given: &[String]| match given {
        [] => nothing.to_vec(),
        given => given.to_vec(),
    };
    for profile in or_nothing(&watching.profiles) {
        let (profile, own) = own_region(&profile);
        let own = own.map(|region| vec![region.to_owned()]);
        for region in own.unwrap_or_else(|| or_nothing(&watching.regions)) {
            let chosen = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let place = Place {
                profile: chosen(profile),
                region: chosen(&region),
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let names = names(&places, &watching.known);
    let several = all || places.len() > 1;
    let choices = places.into_iter().zip(names).map(|(place, name)| Choice {
        profile: place.profile,
        region: place.region,
        endpoint_url: endpoint_url.map(str::to_owned),
        name: several.then(|| name.into()),
    });
    choices.collect()
}

/// What tells these places apart.
fn names(places: &[Place], known: &Profiles) -> Vec<String> {
    let regions: Vec<Option<String>> = places.iter().map(|place| known.region(place)).collect();
    let apart = |at: usize| {
        let region = &regions[at];
        region.is_some() && regions.iter().filter(|other| *other == region).count() == 1
    };
    let all_apart = (0..places.len()).all(apart);
    let name = |at: usize| {
        let region = regions[at].as_deref().unwrap_or("?");
        match places[at].profile.as_deref() {
            Some(profile) if !all_apart => format!("{region}/{profile}"),
            _ => region.to_owned(),
        }
    };
    (0..places.len()).map(name).collect()
}

/// The profile and the region behind its `@`. Profiles may have an `@` in their name: only a region of the known form counts.
fn own_region(profile: &str) -> (&str, Option<&str>) {
    match profile.rsplit_once('@') {
        Some((profile, region)) if regions::looks_like_one(region) => (profile, Some(region)),
        _ => (profile, None),
    }
}

/// The profiles of the AWS configuration files, with the region that each names. None where the files cannot be read: then
/// the first call says why.
pub async fn profiles() -> Profiles {
    let Some(set) = configured().await else {
        return Profiles::default();
    };
    let named = set.profiles().map(|name| Profile {
        name: name.to_owned(),
        region: set
            .get_profile(name)
            .and_then(|profile| profile.get("region"))
            .map(str::to_owned),
    });
    let mut profiles: Vec<Profile> = named.collect();
    profiles.sort_by(|one, other| one.name.cmp(&other.name));
    let environment = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    Profiles {
        default: set.selected_profile().to_owned(),
        region: environment.into_iter().find_map(super::place::set),
        profiles,
    }
}

/// Whether the AWS configuration files can be read and name no such profile.
pub(super) async fn is_undefined(profile: &str) -> bool {
    let set = configured().await;
    set.is_some_and(|set| set.get_profile(profile).is_none())
}

/// The AWS configuration files, where they can be read: the real ones, by the real environment, at their usual places.
async fn configured() -> Option<profile::ProfileSet> {
    let (disk, environment, files) = Default::default();
    let loaded = profile::load(&disk, &environment, &files, None);
    loaded.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Profiles {
        let profile = |name: &str, region: Option<&str>| Profile {
            name: name.to_owned(),
            region: region.map(str::to_owned),
        };
        Profiles {
            default: "default".to_owned(),
            region: None,
            profiles: vec![
                profile("default", None),
                profile("prod", Some("eu-west-1")),
                profile("test", Some("us-east-1")),
            ],
        }
    }

    /// Profile, region and name of each place.
    fn crossed(profiles: &[&str], regions: &[&str]) -> Vec<String> {
        let owned = |texts: &[&str]| {
            let texts = texts.iter();
            texts.map(|&text| text.to_owned()).collect::<Vec<_>>()
        };
        let watching = Watching {
            profiles: owned(profiles),
            regions: owned(regions),
            known: known(),
            all_regions: Vec::new(),
        };
        let choices = cross(&watching, None, false);
        let words = choices.into_iter().map(|choice| {
            let parts = [
                choice.profile.as_deref(),
                choice.region.as_deref(),
                choice.name.as_deref(),
            ];
            parts.map(|part| part.unwrap_or("-")).join(" ")
        });
        words.collect()
    }

    #[test]
    fn one_place_has_no_name() {
        assert_eq!(crossed(&[], &[]), ["- - -"]);
        assert_eq!(crossed(&["prod"], &["eu-west-1"]), ["prod eu-west-1 -"]);
        assert_eq!(crossed(&["prod", "prod"], &[]), ["prod - -"]);
    }

    #[test]
    fn each_profile_is_asked_in_each_region_and_named_by_what_tells_it_apart() {
        assert_eq!(
            crossed(&[], &["eu-west-1", "us-east-1"]),
            ["- eu-west-1 eu-west-1", "- us-east-1 us-east-1"]
        );
        assert_eq!(
            crossed(&["prod", "test"], &["eu-west-1", "us-east-1"]),
            [
                "prod eu-west-1 eu-west-1/prod",
                "prod us-east-1 us-east-1/prod",
                "test eu-west-1 eu-west-1/test",
                "test us-east-1 us-east-1/test"
            ]
        );
    }

    #[test]
    fn without_regions_each_profile_has_its_own_and_one_that_names_it_keeps_it() {
        assert_eq!(
            crossed(&["prod", "test"], &[]),
            ["prod - eu-west-1", "test - us-east-1"]
        );
        assert_eq!(
            crossed(&["prod@eu-north-1", "test"], &["us-east-1"]),
            ["prod eu-north-1 eu-north-1", "test us-east-1 us-east-1"]
        );
        assert_eq!(
            crossed(&["prod", "ann@corp"], &[]),
            ["prod - eu-west-1/prod", "ann@corp - ?/ann@corp"],
            "an unknown region tells nothing apart"
        );
    }
}
