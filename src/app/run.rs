//! The dashboard: first frame, then the sources; keys before data; frames only when something changed.

use std::future;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[cfg(debug_assertions)]
use crossterm::event::KeyCode;
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::attention;
use super::clock::{Clock, Stopwatch};
use super::ending::Ending;
use super::engine_thread::{self, Feed, Recorder, Surroundings};
use super::keeping::Keeper;
use super::polling;
use super::pump::Attention;
use super::recalling::{Recaller, Said};
use super::records::Records;
use super::redraw::Redraw;
use super::saving::Saver;
use super::switch::Switch;
use super::terminal::Terminal;
use crate::engine::Engine;
use crate::model::mark::Noted;
use crate::model::places::Watching;
use crate::model::settings::Notify;
use crate::model::time::Timestamp;
use crate::redact::{Key, Redactor};
use crate::sources::pace::Terms;
use crate::sources::{Source, files};
use crate::store::journal::Journal;
use crate::store::scene::{Mode, Scene};
use crate::ui::keys::KeyTable;
use crate::ui::screen::{Outcome, Projection, Screen};
use crate::ui::theme::Look;

/// Where the dashboard's records come from.
pub enum Origin {
    /// Sources that are polled. They are made after the first frame: making them may ask the network.
    Sources {
        make: MakeSources,
        terms: Terms,
        /// The present that they are asked in, and by which quotas and money come back. The screen's may stand still.
        clock: Clock,
        /// Which places, where there are others to watch.
        watching: Option<Watching>,
    },
    /// Files, read once.
    Files {
        paths: Vec<std::path::PathBuf>,
        options: files::Options,
    },
}

/// Makes the sources of these places.
pub type MakeSources = Box<dyn FnMut(&Watching) -> anyhow::Result<Vec<Box<dyn Source>>> + Send>;

/// Everything the dashboard needs.
pub struct Dashboard {
    pub engine: Engine,
    pub origin: Origin,
    pub mode: Mode,
    /// What the header calls the place the data comes from.
    pub place: String,
    /// The present of the data; `None` takes the newest record.
    pub clock: Option<Clock>,
    pub record: Option<Box<dyn Recorder>>,
    pub look: Look,
    pub keys: KeyTable,
    pub mouse: bool,
    pub notify: Notify,
    /// What was marked and silenced before, in the snapshot that is opened.
    pub noted: Noted,
    /// Keeps the screen for the next run; `None` keeps nothing.
    pub keeper: Option<Keeper>,
}

/// Opens the dashboard and returns when it is closed. The terminal is then as it was.
pub fn run(dashboard: Dashboard) -> anyhow::Result<()> {
    let runtime = polling::runtime()?;
    let result = runtime.block_on(show(dashboard));
    // A poll that hangs must not keep the terminal waiting.
    runtime.shutdown_timeout(Duration::from_millis(200));
    result
}

async fn show(dashboard: Dashboard) -> anyhow::Result<()> {
    let Dashboard {
        engine,
        origin,
        mode,
        place,
        clock,
        record,
        look,
        keys,
        mouse,
        notify,
        noted,
        keeper,
    } = dashboard;
    let now = clock.as_ref().map_or(Timestamp(0), |clock| clock());
    let empty = Scene::empty(mode, &place, now);
    let (scene, mut scenes) = watch::channel(Arc::new(empty.clone()));
    let recording = record.is_some();
    // A recording needs no one to look: without a terminal it goes on until it is told to end.
    let (saved_look, saved_keys) = (look.clone(), keys.clone());
    // Before the terminal is taken: from then on it has to be given back.
    let mut ending = Ending::listen()?;
    let mut shown = match Terminal::open(mouse) {
        Ok(mut terminal) => {
            let screen = begin(Screen::new(look, keys, empty), keeper.as_ref());
            let mut screen = screen.notifying(notify).with_noted(noted);
            terminal.draw(|frame| screen.render(frame.area(), frame.buffer_mut()))?;
            Some((terminal, screen))
        }
        Err(_) if recording => None,
        Err(error) => return Err(error.into()),
    };

    let cancel = CancellationToken::new();
    let (mut attend, mut switch) = (None, None);
    let rules = &engine.settings().redact;
    let redactor = if rules.screen {
        Some(Arc::new(Redactor::new(rules, Key::of_text("screen"))?))
    } else {
        None
    };
    let journal_bytes = engine.settings().memory.records_mb as usize * 1024 * 1024;
    let journal = Arc::new(Mutex::new(Journal::new(Some(journal_bytes))));
    let mut records = Records::Polled(Arc::clone(&journal));
    let feed = match origin {
        Origin::Files { paths, mut options } => {
            options.redactor.clone_from(&redactor);
            records = Records::Files {
                paths: paths.clone(),
                options: options.clone(),
            };
            Feed::Files { paths, options }
        }
        Origin::Sources {
            make,
            terms,
            clock,
            watching,
        } => {
            let (turn, feed) =
                Switch::start(make, watching.as_ref(), (clock, terms), &place, &cancel)?;
            attend = Some(turn.attendant());
            // Without somebody who switches, the end of the sources is the end.
            if let Some((_, screen)) = &mut shown {
                switch = Some(turn);
                if let Some(watching) = watching {
                    screen.may_watch(watching);
                }
            }
            feed
        }
    };
    let mut recaller = Recaller::new(records.clone(), redactor.clone());
    let around = Surroundings {
        feed,
        scene,
        clock,
        mode,
        place: place.into(),
        record,
        journal,
        redactor,
    };
    let mut saver = Saver::new(records, engine.settings().clone(), saved_look, saved_keys);
    let engine = engine_thread::spawn(engine, around)?;
    let looked = match &mut shown {
        Some((terminal, screen)) => {
            event_loop(
                terminal,
                screen,
                (&mut scenes, &mut ending),
                (attend, &mut switch),
                (&mut saver, &mut recaller),
            )
            .await
        }
        None => {
            told_to_end(&mut scenes, &mut ending).await;
            Ok(())
        }
    };
    let kept = shown.as_ref().map(|(_, screen)| screen.kept());
    drop(shown);
    if let (Some(keeper), Some(kept)) = (&keeper, kept)
        && let Err(problem) = keeper.keep(&kept)
    {
        // Nothing depends on it, and the terminal is given back: it is said and no more.
        drop(writeln!(io::stderr().lock(), "nepho: {problem}"));
    }
    drop(switch);
    cancel.cancel();
    drop(scenes);
    // Only a recording has something to lose: an analysis under way is not waited for.
    if recording || engine.is_finished() {
        let ended = engine
            .join()
            .map_err(|_| anyhow::anyhow!("the engine stopped: see above"))?;
        return looked.map_err(Into::into).and(ended);
    }
    Ok(looked?)
}

/// The screen as the last run left it.
fn begin(mut screen: Screen, keeper: Option<&Keeper>) -> Screen {
    let Some(keeper) = keeper else {
        return screen;
    };
    if let Some(kept) = keeper.kept() {
        screen = screen.restored(kept);
    }
    if let Some(problem) = &keeper.problem {
        screen.say(problem.as_str());
    }
    if keeper.first {
        screen = screen.with_hint();
    }
    screen
}

/// Waits for a signal, or for the end of the sources.
async fn told_to_end(scenes: &mut watch::Receiver<Arc<Scene>>, ending: &mut Ending) {
    tokio::select! {
        () = ending.told() => {}
        () = async { while scenes.changed().await.is_ok() {} } => {}
    }
}

/// Keys first, then pictures, then frames.
async fn event_loop(
    terminal: &mut Terminal,
    screen: &mut Screen,
    (scenes, ending): (&mut watch::Receiver<Arc<Scene>>, &mut Ending),
    (attend, switch): (Option<impl Fn(Attention)>, &mut Option<Switch>),
    (saver, recaller): (&mut Saver, &mut Recaller),
) -> io::Result<()> {
    let mut events = EventStream::new();
    let watch = Stopwatch::start();
    let mut redraw = Redraw::default();
    let mut projecting: Option<JoinHandle<Projection>> = None;
    let mut sources_gone = false;
    redraw.key(watch.elapsed());
    loop {
        if projecting.is_none()
            && let Some(request) = screen.request()
        {
            projecting = Some(tokio::task::spawn_blocking(move || request.run()));
        }
        tokio::select! {
            biased;
            () = ending.told() => return Ok(()),
            event = events.next() => match event {
                None => return Ok(()),
                Some(Err(error)) => return Err(error),
                Some(Ok(event)) => match handle(screen, &event) {
                    Outcome::Ignored => {}
                    Outcome::Redraw => redraw.key(watch.elapsed()),
                    Outcome::Quit => return Ok(()),
                    Outcome::Snapshot(scope) => {
                        if let Err(error) = saver.start(scope, screen.noted()) {
                            screen.say(format!("no snapshot: {error}").as_str());
                        }
                        redraw.key(watch.elapsed());
                    }
                    Outcome::Recall(asked) => {
                        if let Err(error) = recaller.start(asked, &screen.scene().analysis) {
                            screen.say(format!("nothing was read again: {error}").as_str());
                        }
                        redraw.key(watch.elapsed());
                    }
                    Outcome::Watch(watching) => {
                        recaller.give_up();
                        watch_others(screen, switch.as_mut(), watching);
                        redraw.key(watch.elapsed());
                    }
                    Outcome::PollNow => {
                        screen.say(match switch {
                            Some(switch) => {
                                switch.hurry();
                                "every source is asked again, as far as its quota allows"
                            }
                            None => "files are read once: there is nothing to ask again",
                        });
                        redraw.key(watch.elapsed());
                    }
                    Outcome::Suspend => {
                        terminal.suspend()?;
                        redraw.key(watch.elapsed());
                    }
                },
            },
            said = saver.said() => {
                screen.say(said.as_str());
                redraw.data(watch.elapsed());
            }
            said = recaller.said() => {
                match said {
                    Said::Goes(words) => screen.say(words.as_str()),
                    Said::Ended(Ok(answer)) => screen.set_recalled(answer),
                    Said::Ended(Err(why)) => {
                        screen.say(format!("nothing was read again: {why}").as_str());
                    }
                }
                redraw.data(watch.elapsed());
            }
            made = done(&mut projecting) => {
                projecting = None;
                screen.accept(made?);
                redraw.data(watch.elapsed());
            }
            changed = scenes.changed(), if !sources_gone => match changed {
                Ok(()) => {
                    let scene = Arc::clone(&scenes.borrow_and_update());
                    // The last pictures of a place that is not watched any more are not shown.
                    if switch.as_ref().is_none_or(|switch| *switch.place() == *scene.place) {
                        screen.set_scene(scene);
                    }
                    if let Some(attend) = &attend {
                        attend(attention::of(screen));
                    }
                    redraw.data(watch.elapsed());
                }
                Err(_) => sources_gone = true,
            },
            () = due(&redraw, watch.elapsed()) => {
                for effect in screen.take_effects() {
                    terminal.perform(&effect)?;
                }
                terminal.draw(|frame| screen.render(frame.area(), frame.buffer_mut()))?;
                redraw.drawn(watch.elapsed());
            }
        }
    }
}

fn handle(screen: &mut Screen, event: &Event) -> Outcome {
    match event {
        #[cfg(debug_assertions)]
        Event::Key(key) if key.code == KeyCode::F(17) => {
            // Lets a test see that the terminal survives a panic; no release build has it.
            #[expect(clippy::panic, reason = "this is what it is for")]
            {
                panic!("F17 was pressed")
            }
        }
        Event::Key(key) => screen.on_key(*key),
        Event::Mouse(mouse) => screen.on_mouse(*mouse),
        Event::Paste(text) => screen.on_paste(text),
        Event::FocusGained | Event::FocusLost => {
            screen.set_focus(matches!(event, Event::FocusGained));
            Outcome::Ignored
        }
        Event::Resize(..) => Outcome::Redraw,
    }
}

/// Turns to other places, and says so.
fn watch_others(screen: &mut Screen, switch: Option<&mut Switch>, watching: Watching) {
    let Some(switch) = switch else {
        return screen.say("nothing is polled here");
    };
    let before = switch.place().to_owned();
    match switch.watch(&watching) {
        Ok(()) => screen.begin_anew(watching, &before),
        Err(error) => screen.say(error.as_str()),
    }
}

async fn done(projecting: &mut Option<JoinHandle<Projection>>) -> io::Result<Projection> {
    match projecting {
        Some(task) => task.await.map_err(io::Error::other),
        None => future::pending().await,
    }
}

async fn due(redraw: &Redraw, now: Duration) {
    match redraw.wait(now) {
        Some(wait) => sleep(wait).await,
        None => future::pending().await,
    }
}
