//! What of the screen is kept for the next run, and put back.

use strum::IntoEnumIterator as _;

use super::Screen;
use crate::ui::kept::{Kept, KeptList, VERSION};
use crate::ui::panes;
use crate::ui::place::Views;
use crate::ui::zone::Zone;

impl Screen {
    /// What the next run begins with. Drill-downs are steps of this run and are not kept.
    pub fn kept(&self) -> Kept {
        let tops = panes::all().iter().zip(&self.stacks);
        let list = tops.flat_map(|(pane, stack)| {
            let views = stack.first().map(|place| place.views().iter());
            let lists = views.into_iter().flatten();
            lists.filter_map(|(part, view)| KeptList::of(pane.title(), part, view))
        });
        let pane = panes::all().get(self.pane);
        Kept {
            version: VERSION,
            pane: pane.map_or("", |pane| pane.title()).to_owned(),
            theme: self.look.name.map(str::to_owned),
            zone: self.zone.to_string(),
            filters: self.filters.clone(),
            times: self.times.clone(),
            list: list.collect(),
        }
    }

    /// Puts back what an earlier run kept; what this nepho does not know is left out. The theme was chosen with the look.
    #[must_use]
    pub fn restored(mut self, kept: &Kept) -> Self {
        let named = |title: &str| panes::all().iter().position(|pane| pane.title() == title);
        if let Some(pane) = named(&kept.pane) {
            self.pane = pane;
        }
        if let Some(zone) = Zone::iter().find(|zone| zone.to_string() == kept.zone) {
            self.zone = zone;
        }
        self.filters.clone_from(&kept.filters);
        self.times.clone_from(&kept.times);
        for (pane, stack) in panes::all().iter().zip(&mut self.stacks) {
            let mine = kept.list.iter().filter(|list| list.pane == pane.title());
            let views: Views = mine
                .map(|list| (list.part.as_str().into(), list.view()))
                .collect();
            if let Some(place) = stack.first_mut().filter(|_| !views.is_empty()) {
                place.restore(views);
            }
        }
        self
    }
}
