//! Keys while a prompt is open. A filter is applied while it is typed; `Esc` puts back what was.

use crossterm::event::KeyEvent;

use super::{Asks, Outcome, Screen};
use crate::ui::action::Action;
use crate::ui::arrange::View;
use crate::ui::complete;
use crate::ui::filter::Filter;
use crate::ui::keys::Context;
use crate::ui::prompt::remember;

impl Screen {
    pub(super) fn on_prompt_key(&mut self, event: KeyEvent) -> Outcome {
        let action = self.keys.own_action(Context::Prompt, event);
        let Some(prompt) = &mut self.prompt else {
            return Outcome::Ignored;
        };
        match action {
            Some(Action::Back) => self.leave_prompt(),
            Some(Action::Open) => self.keep_prompt(),
            Some(Action::Complete) => self.complete(),
            Some(Action::Older | Action::Newer) => {
                prompt.recall(&self.filters, action == Some(Action::Older));
                self.prompt_changed();
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
        let Some(prompt) = &self.prompt else { return };
        let text = prompt.text().trim().to_owned();
        let problem = match &prompt.asks {
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

    fn leave_prompt(&mut self) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        match prompt.asks {
            Asks::Filter { part, before, .. } => self.place_mut().set_view(part, before),
        }
    }

    /// Keeps what was typed, unless something is wrong with it: then the prompt stays.
    fn keep_prompt(&mut self) {
        if self
            .prompt
            .as_ref()
            .is_none_or(|prompt| prompt.problem.is_some())
        {
            return;
        }
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        match &prompt.asks {
            Asks::Filter {
                part,
                before,
                only_find,
            } => {
                remember(&mut self.filters, prompt.text().trim());
                let view = self.place().view_of(part);
                self.place_mut()
                    .set_view_undoable(part, before.clone(), view);
                if *only_find {
                    self.step_hits(true);
                }
            }
        }
    }

    /// Completes the word that is being typed; where nothing can follow, a filter turns into a search and back.
    fn complete(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        match &prompt.asks {
            Asks::Filter { part, .. } => {
                let found = self.place().parts().find(|one| one.id == *part);
                let columns = found.map_or(&[][..], |part| &part.table.columns);
                let functions = self.shown.analysis.functions.iter();
                let functions = functions.map(|one| self.shown.analysis.text(one.function));
                let completed = complete::filter(prompt.text(), columns, functions);
                let Some(prompt) = &mut self.prompt else {
                    return;
                };
                match (&mut prompt.asks, completed) {
                    (_, Some(text)) => prompt.set(&text),
                    (
                        Asks::Filter {
                            part,
                            before,
                            only_find,
                        },
                        None,
                    ) => {
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
                }
                self.prompt_changed();
            }
        }
    }
}
