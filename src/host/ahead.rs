//! Asking ahead: the questions of several tasks travel in one request.
//!
//! A task is planned twice. First on a guess, over a host that notes what the plan asks ([`Guess`]);
//! later for real, over a host that has the answers already ([`Ahead`]). A wrong guess costs a
//! question that nobody needed, and never a wrong result: an answer is used only while nothing
//! may have changed the machine since it was asked.

use super::asker::Asker;
use super::{
    Answer, Command, Content, Doubtful, Host, HostError, Limits, Output, Question, Step, Stream,
    Traffic,
};
use crate::value::NotKnown;
use camino::Utf8Path;
use indexmap::IndexSet;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer is used. Others may change the machine too, and a run that reads a file notices
/// that at most this much later.
const LASTS: Duration = Duration::from_secs(1);

/// How many questions a plan may ask at once to be asked ahead: one that asks more already asks
/// them together.
const MOST: usize = 64;

/// The largest content in bytes of a file that is kept.
const LARGEST: usize = 256 << 10;

/// Counts what may have changed the machines of a run.
#[derive(Clone, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Notes that something may change a machine.
    fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns how often something may have changed one.
    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A host with the answers to questions that were asked ahead. Only who asked them uses them: what another host of the run does here is not among the tasks they were asked for.
pub struct Ahead {
    below: Arc<dyn Host>,
    changes: Changes,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<Question, Answer>,
    /// When the first of them was asked; `None` if there is none.
    asked: Option<Asked>,
    /// Whether they were asked for a task before the current one.
    earlier: bool,
    /// Whether one of those was used for the current one.
    used: bool,
}

/// By whom a machine was asked, and in which state.
struct Asked {
    by: Asker,
    at: Instant,
    changes: u64,
    connections: u64,
}

impl Ahead {
    /// Returns a host that is like `below`, one of the machines with these changes.
    pub fn over(below: Arc<dyn Host>, changes: Changes) -> Arc<Self> {
        Arc::new(Self {
            below,
            changes,
            kept: Mutex::default(),
        })
    }

    /// Returns a host to plan on a guess.
    pub fn guess(self: &Arc<Self>) -> Arc<Guess> {
        Arc::new(Guess {
            ahead: self.clone(),
            noted: Mutex::default(),
        })
    }

    /// Asks questions in one round trip and keeps the answers.
    pub fn ask_ahead(&self, questions: &[Question], limits: &Limits) -> Result<(), HostError> {
        let (at, changes) = (Instant::now(), self.changes.count());
        let answers = self.below.ask(questions, limits)?;
        let connections = self.below.connections();
        let mut kept = self.kept();
        if !kept.is_own() || !self.holds(&kept) {
            *kept = Kept {
                asked: Some(Asked {
                    by: Asker::current(),
                    at,
                    changes,
                    connections,
                }),
                ..Kept::default()
            };
        }
        let all = questions.iter().cloned().zip(answers);
        kept.answers
            .extend(all.filter(|(_, answer)| is_small(answer)));
        Ok(())
    }

    /// Forgets all answers.
    pub fn forget(&self) {
        *self.kept() = Kept::default();
    }

    /// Returns whether the answers may still be used; true without any answers.
    pub fn is_fresh(&self) -> bool {
        self.holds(&self.kept())
    }

    /// Returns how often something may have changed a machine of the run.
    pub fn changes(&self) -> u64 {
        self.changes.count()
    }

    /// Returns whether the host was reached before.
    pub fn is_connected(&self) -> bool {
        self.below.connections() > 0
    }

    /// Notes that another task begins than the one before which the answers were asked.
    pub fn next_task(&self) {
        let mut kept = self.kept();
        kept.earlier = true;
        kept.used = false;
    }

    /// Returns whether an answer was used that was asked before the current task began. What is
    /// about to change the machine asks again then.
    pub fn was_used(&self) -> bool {
        let kept = self.kept();
        kept.used && kept.is_own()
    }

    fn holds(&self, kept: &Kept) -> bool {
        kept.asked.as_ref().is_none_or(|asked| {
            asked.changes == self.changes.count()
                && asked.connections == self.below.connections()
                && asked.at.elapsed() < LASTS
        })
    }

    /// Returns the answers that are kept, and takes note that a plan uses them `for_real`.
    fn known(&self, questions: &[Question], for_real: bool) -> Vec<Option<Answer>> {
        let mut kept = self.kept();
        if !kept.is_own() || !self.holds(&kept) {
            return vec![None; questions.len()];
        }
        let answers = questions.iter();
        let known: Vec<_> = answers
            .map(|question| kept.answers.get(question).cloned())
            .collect();
        kept.used |= for_real && kept.earlier && known.iter().any(Option::is_some);
        known
    }

    /// Does something that may change the machine: what is known of it before or during that is not
    /// used after it.
    fn changing<T>(&self, work: impl FnOnce() -> T) -> T {
        /// A panic has perhaps changed it, too.
        struct Noted<'a>(&'a Changes);
        impl Drop for Noted<'_> {
            fn drop(&mut self) {
                self.0.note();
            }
        }
        self.forget();
        self.changes.note();
        let _noted = Noted(&self.changes);
        work()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Returns whether the current asker asked them.
    fn is_own(&self) -> bool {
        let asked = self.asked.as_ref();
        asked.is_some_and(|asked| asked.by == Asker::current())
    }
}

impl Host for Ahead {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        limits.check()?;
        let known = self.known(questions, true);
        if known.iter().all(Option::is_none) {
            return self.below.ask(questions, limits);
        }
        let open = questions.iter().zip(&known);
        let open = open.filter(|(_, known)| known.is_none());
        let open: Vec<_> = open.map(|(question, _)| question.clone()).collect();
        if open.is_empty() {
            return Ok(known.into_iter().flatten().collect());
        }
        let mut told = self.below.ask(&open, limits)?.into_iter();
        let answers = known.into_iter();
        let answers: Option<Vec<_>> = answers.map(|known| known.or_else(|| told.next())).collect();
        answers.ok_or_else(|| HostError::Protocol("answers are missing".to_owned()))
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        self.below.query(command, limits)
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        self.below.fetch(path, sink, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        self.below.connect(host, port, limits)
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        self.changing(|| self.below.apply(step, limits))
    }

    fn apply_all(&self, steps: &[Step], limits: &Limits) -> Result<Vec<Output>, HostError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        self.changing(|| self.below.apply_all(steps, limits))
    }

    fn doubt(
        &self,
        parts: &[Doubtful],
        reason: &NotKnown,
        limits: &Limits,
    ) -> Result<(), HostError> {
        self.changing(|| self.below.doubt(parts, reason, limits))
    }

    fn foreseen(&self, part: &Doubtful, limits: &Limits) -> Result<Option<NotKnown>, HostError> {
        self.below.foreseen(part, limits)
    }

    fn keeps_locks(&self, limits: &Limits) -> Result<(), HostError> {
        self.below.keeps_locks(limits)
    }

    fn close_idle(&self, limits: &Limits) {
        self.below.close_idle(limits);
    }

    fn connections(&self) -> u64 {
        self.below.connections()
    }

    fn traffic(&self) -> Traffic {
        self.below.traffic()
    }
}

/// A host to plan on a guess: it answers what is known already, and notes every other question and
/// ends the plan there.
pub struct Guess {
    ahead: Arc<Ahead>,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    questions: IndexSet<Question>,
    /// Whether the current plan has noted any.
    any: bool,
}

impl Guess {
    /// Returns whether this is a guess about `host`.
    pub fn is_about(&self, host: &Arc<Ahead>) -> bool {
        Arc::ptr_eq(&self.ahead, host)
    }

    /// Makes a plan; returns whether it ended at a question that can be asked ahead, and whether it
    /// wanted to have an effect on this machine.
    pub fn plan(&self, plan: impl FnOnce()) -> Guessed {
        self.noted().any = false;
        let ((), acts) = on_a_guess(plan);
        Guessed {
            asks: self.noted().any,
            acts,
        }
    }

    /// Takes the questions that were noted.
    pub fn take(&self) -> Vec<Question> {
        std::mem::take(&mut self.noted().questions)
            .into_iter()
            .collect()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a plan on a guess ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guessed {
    /// At a question that can be asked ahead.
    pub asks: bool,
    /// It wanted to have an effect on this machine.
    pub acts: bool,
}

thread_local! {
    /// Whether this thread plans on a guess, and if so whether the plan wanted to have an effect.
    static GUESSING: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Does something on a guess; returns also whether it wanted to have an effect on this machine.
pub fn on_a_guess<T>(work: impl FnOnce() -> T) -> (T, bool) {
    /// A panic ends it, too.
    struct Outer(Option<bool>);
    impl Drop for Outer {
        fn drop(&mut self) {
            GUESSING.set(self.0);
        }
    }
    let _outer = Outer(GUESSING.replace(Some(false)));
    let done = work();
    (done, GUESSING.get() == Some(true))
}

/// Fails if this thread only plans on a guess: whatever has an effect on this machine, or takes long,
/// waits for the real plan.
pub fn not_on_a_guess() -> Result<(), HostError> {
    match GUESSING.get() {
        None => Ok(()),
        Some(_) => {
            GUESSING.set(Some(true));
            Err(HostError::NotAsked)
        }
    }
}

impl Host for Guess {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        limits.check()?;
        let known = self.ahead.known(questions, false);
        let open = questions.iter().zip(&known);
        let open: Vec<_> = open.filter(|(_, known)| known.is_none()).collect();
        if open.is_empty() {
            return Ok(known.into_iter().flatten().collect());
        }
        if open.len() <= MOST && open.iter().all(|(question, _)| lasts(question)) {
            let mut noted = self.noted();
            noted.any = true;
            let open = open.into_iter();
            noted
                .questions
                .extend(open.map(|(question, _)| question.clone()));
        }
        Err(HostError::NotAsked)
    }

    fn query(&self, _command: &Command, _limits: &Limits) -> Result<Output, HostError> {
        Err(HostError::NotAsked)
    }

    fn fetch(
        &self,
        _path: &Utf8Path,
        _sink: &mut dyn Write,
        _limits: &Limits,
    ) -> Result<u64, HostError> {
        Err(HostError::NotAsked)
    }

    fn connect(
        &self,
        _host: &str,
        _port: u16,
        _limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        Err(HostError::NotAsked)
    }

    fn apply(&self, _step: &Step, _limits: &Limits) -> Result<Output, HostError> {
        Err(HostError::NotAsked)
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

/// Returns whether the answer to a question holds until something changes the machine. Programs
/// start, end and write logs by themselves; a whole tree is too much to keep.
fn lasts(question: &Question) -> bool {
    match question {
        Question::Path { content, .. } => !matches!(content, Content::From(_)),
        Question::Access(_) | Question::User(_) | Question::Group(_) | Question::Facts => true,
        Question::Tree { .. }
        | Question::Processes(_)
        | Question::Port { .. }
        | Question::Lock(_) => false,
    }
}

fn is_small(answer: &Answer) -> bool {
    let Answer::Path(Some(node)) = answer else {
        return true;
    };
    let content = node.content.as_ref();
    content.is_none_or(|content| content.len() <= LARGEST)
}
