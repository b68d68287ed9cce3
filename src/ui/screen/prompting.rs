//! Keys while a prompt is open. A filter is applied while it is typed; `Esc` puts back what was.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::{Asks, COMMAND, Outcome, Screen};
use crate::model::placed;
use crate::ui::action::Action;
use crate::ui::arrange::View;
use crate::ui::complete;
use crate::ui::filter::Filter;
use crate::ui::keys::Context;
use crate::ui::palette::{self, Choice, Does};
use crate::ui::panes;
use crate::ui::prompt::{Prompt, remember};

impl Screen {
    pub(super) fn on_prompt_key(&mut self, event: KeyEvent) -> Outcome {
        let action = self.keys.own_action(Context::Prompt, event);
        let Some(prompt) = &mut self.prompt else {
            return Outcome::Ignored;
        };
        match action {
            Some(Action::Back) => self.leave_prompt(),
            Some(Action::Open) => return self.keep_prompt(),
            Some(Action::Complete) => self.complete(),
            Some(Action::Older | Action::Newer) => {
                let older = action == Some(Action::Older);
                match &mut prompt.asks {
                    Asks::Command { found, chosen, .. } => {
                        let last = found.len().saturating_sub(1);
                        let next = if older {
                            chosen.saturating_sub(1)
                        } else {
                            *chosen + 1
                        };
                        *chosen = next.min(last);
                    }
                    Asks::Filter { .. } => {
                        prompt.recall(&self.filters, older);
                        self.prompt_changed();
                    }
                    Asks::Time | Asks::Compare => {
                        prompt.recall(&self.times, older);
                        self.prompt_changed();
                    }
                    Asks::Note | Asks::Silence { .. } => {}
                }
            }
            Some(Action::DeleteWord) => {
                prompt.delete_word();
                self.prompt_changed();
            }
            Some(Action::DeleteLine) => {
                prompt.delete_line();
                self.prompt_changed();
            }
            Some(Action::QuitNow) => return Outcome::Quit,
            _ => {
                if !prompt.type_key(event) {
                    return Outcome::Ignored;
                }
                self.prompt_changed();
            }
        }
        Outcome::Redraw
    }

    /// Applies what stands in the prompt as far as it can be read, and says what is wrong with it.
    pub(super) fn prompt_changed(&mut self) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        let text = prompt.text().trim().to_owned();
        let problem = match &mut prompt.asks {
            Asks::Command {
                choices,
                found,
                chosen,
                ..
            } => {
                (*found, *chosen) = (palette::best(choices, &text), 0);
                None
            }
            // Half a time is no time: what is wrong with it is said when it is to be kept.
            Asks::Time | Asks::Compare | Asks::Note | Asks::Silence { .. } => None,
            Asks::Filter {
                part,
                before,
                only_find,
            } => {
                let (part, before, only_find) = (*part, before.clone(), *only_find);
                let found = self.place().parts().find(|one| one.id == part);
                let columns = found.map_or(&[][..], |part| &part.table.columns);
                match Filter::parse(&text, columns) {
                    Ok(_) => {
                        let view = self.place().view_of(part);
                        let (filter, search) = if only_find {
                            (before.filter, text)
                        } else {
                            (text, before.search)
                        };
                        let view = View {
                            filter,
                            search,
                            ..view
                        };
                        self.place_mut().set_view(part, view);
                        None
                    }
                    Err(problem) => Some(problem),
                }
            }
        };
        if let Some(prompt) = &mut self.prompt {
            prompt.problem = problem;
        }
    }

    pub(super) fn leave_prompt(&mut self) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        if let Asks::Filter { part, before, .. } = prompt.asks {
            self.place_mut().set_view(part, before);
        }
    }

    /// Keeps what was typed, unless something is wrong with it: then the prompt stays.
    pub(super) fn keep_prompt(&mut self) -> Outcome {
        if let Some(problem) = self.wrong_with_time()
            && let Some(prompt) = &mut self.prompt
        {
            prompt.problem = Some(problem);
        }
        let wrong = |prompt: &Prompt<Asks>| prompt.problem.is_some();
        if self.prompt.as_ref().is_none_or(wrong) {
            return Outcome::Redraw;
        }
        let Some(prompt) = self.prompt.take() else {
            return Outcome::Ignored;
        };
        let typed = prompt.text().trim().to_owned();
        match &prompt.asks {
            Asks::Note => self.keep_mark(&typed),
            Asks::Silence { finding, mute } => self.silence(finding.clone(), *mute, &typed),
            Asks::Time => {
                remember(&mut self.times, &typed);
                if let Ok(span) = self.read_span(&typed) {
                    self.set_span(span);
                }
            }
            Asks::Compare => {
                remember(&mut self.times, &typed);
                if let Ok(step) = self.read_comparison(&typed) {
                    self.push(step);
                }
            }
            Asks::Command {
                choices,
                found,
                chosen,
                ..
            } => {
                let choice = found.get(*chosen).and_then(|at| choices.get(*at as usize));
                let several = choices.first().filter(|_| typed.contains(','));
                let several = several.and_then(|choice| choice.does.of_typed(&typed));
                return match several.or_else(|| choice.map(|choice| choice.does.clone())) {
                    Some(does) => self.do_choice(does),
                    None => Outcome::Redraw,
                };
            }
            Asks::Filter {
                part,
                before,
                only_find,
            } => {
                remember(&mut self.filters, &typed);
                let view = self.place().view_of(part);
                self.place_mut()
                    .set_view_undoable(part, before.clone(), view);
                if *only_find {
                    self.step_hits(true);
                }
            }
        }
        Outcome::Redraw
    }

    /// What is wrong with the time that was typed, if a time was asked for.
    fn wrong_with_time(&self) -> Option<String> {
        let prompt = self.prompt.as_ref()?;
        let typed = prompt.text().trim();
        match prompt.asks {
            Asks::Time => self.read_span(typed).err(),
            Asks::Compare => self.read_comparison(typed).err(),
            _ => None,
        }
    }

    pub(super) fn ask_command(&mut self) {
        let context = self.place().step.context();
        let choices: Arc<[Choice]> = palette::choices(&self.keys, context, &self.shown).into();
        let found = palette::best(&choices, "");
        let asks = Asks::Command {
            title: COMMAND,
            foot: Vec::new(),
            choices,
            found,
            chosen: 0,
        };
        self.prompt = Some(Prompt::new(asks, ""));
    }

    fn do_choice(&mut self, does: Does) -> Outcome {
        match does {
            Does::Act(action) => return self.act(action),
            Does::Pane(pane) => self.pane = pane,
            Does::Open(step) => self.push(step),
            Does::Group(group) => self.show_group(&group),
            Does::Profiles(typed) => return self.watch_profiles(&typed),
            Does::Regions(typed) => return self.watch_regions(&typed),
        }
        Outcome::Redraw
    }

    /// The tail of one log group: filtered by the function that writes it, or by the group where none does.
    fn show_group(&mut self, group: &str) {
        let Some(tail) = panes::all().iter().position(|pane| pane.title() == "Tail") else {
            return;
        };
        let facts = &self.shown.analysis.facts;
        let stream = facts
            .streams
            .iter()
            .find(|stream| facts.text(stream.group) == group);
        let name = stream
            .and_then(|stream| facts.text_of(stream.function))
            .unwrap_or(group);
        let (name, place) = placed::split(name);
        let place = place.map_or_else(String::new, |place| format!(" place:{place}"));
        let filter = format!("fn:{name}{place}");
        self.pane = tail;
        self.stacks[tail].truncate(1);
        let before = self.place().view_of("lines");
        let view = View {
            filter,
            ..before.clone()
        };
        self.place_mut().set_view_undoable("lines", before, view);
    }

    /// Completes the word that is being typed; where nothing can follow, a filter turns into a search and back.
    fn complete(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        match &prompt.asks {
            Asks::Time | Asks::Compare | Asks::Note | Asks::Silence { .. } => {}
            Asks::Command {
                choices,
                found,
                chosen,
                ..
            } => {
                let choice = found.get(*chosen).and_then(|at| choices.get(*at as usize));
                if let Some(name) = choice.map(|choice| choice.name.clone())
                    && let Some(prompt) = &mut self.prompt
                {
                    prompt.set(&name);
                    self.prompt_changed();
                }
            }
            Asks::Filter { part, .. } => {
                let found = self.place().parts().find(|one| one.id == *part);
                let columns = found.map_or(&[][..], |part| &part.table.columns);
                let name = |sym| placed::name(self.shown.analysis.text(sym));
                let functions = self.shown.analysis.function_names().map(name);
                let completed = complete::filter(prompt.text(), columns, functions);
                let Some(prompt) = &mut self.prompt else {
                    return;
                };
                if let Some(text) = completed {
                    prompt.set(&text);
                } else if let Asks::Filter {
                    part,
                    before,
                    only_find,
                } = &mut prompt.asks
                {
                    *only_find = !*only_find;
                    // What was typed moves over; the other of the two is as it was.
                    let (part, before) = (*part, before.clone());
                    let view = View {
                        filter: before.filter,
                        search: before.search,
                        ..self.place().view_of(part)
                    };
                    self.place_mut().set_view(part, view);
                }
                self.prompt_changed();
            }
        }
    }
}
