//! The paces of all APIs, and the figures shown of them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::health::Calls;
use crate::model::time::Timestamp;
use crate::sources::pace::{Bucket, SHARE};
use crate::sources::{Call, FetchError};

/// One bucket and one count an API.
#[derive(Debug, Default)]
pub(super) struct Paces(BTreeMap<&'static str, Paced>);

#[derive(Debug)]
struct Paced {
    bucket: Bucket,
    quota: Option<f64>,
    calls: Calls,
}

impl Paces {
    /// Reserves the call; how long it has to wait.
    pub(super) fn reserve(&mut self, call: Call, now: Timestamp) -> Duration {
        let paced = self.0.entry(call.action).or_insert_with(|| Paced {
            bucket: Bucket::new(call.quota, SHARE, now),
            quota: call.quota,
            calls: Calls::default(),
        });
        if paced.quota != call.quota {
            paced.bucket.regrade(call.quota, SHARE);
            paced.quota = call.quota;
        }
        paced.bucket.reserve(now)
    }

    /// Takes in how the call went; the figures of its API from now on.
    pub(super) fn answered(
        &mut self,
        call: Call,
        error: Option<&FetchError>,
        now: Timestamp,
    ) -> Option<Calls> {
        let paced = self.0.get_mut(call.action)?;
        paced.calls.made += 1;
        match error {
            Some(FetchError::Throttled { .. }) => {
                paced.calls.refused += 1;
                paced.bucket.refused(now);
            }
            Some(FetchError::Denied { .. }) => paced.calls.denied += 1,
            _ => paced.bucket.granted(now),
        }
        paced.calls.per_second = paced.bucket.per_second(now);
        paced.calls.quota_per_second = paced.quota;
        paced.calls.allowed_per_second = Some(paced.bucket.allowed());
        Some(paced.calls)
    }
}
