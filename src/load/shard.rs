//! One part of a load: its people, its journeys under way, and which request comes next. It knows nothing of time and of
//! sockets; whoever drives it asks for the next job and brings the outcome back. Parts share nothing, so each may have a
//! thread of its own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::answer::{Broken, Expected, Outcome, Wrong, judge};
use super::book::{Book, Standing};
use super::call::{Act, Call, Coding, Hole, Piece, Template};
use super::readback::{self, Check, Problems};
use super::workload::{Journey, Step, Subject, Workload};

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose it is; comes back with the outcome.
    pub ticket: usize,
    /// The call that it was made from: its method and its client.
    pub call: Arc<Call>,
    /// Path and query below the base URL.
    pub target: String,
    /// The body.
    pub body: Option<Bytes>,
    /// After this time nobody waits any longer.
    pub give_up: Option<Duration>,
}

/// What a part wants next.
#[derive(Debug)]
pub enum Next {
    /// Send this.
    Send(Job),
    /// Ask again after this time: the server wanted it so.
    Later(Duration),
    /// Ask again when something was answered.
    Idle,
    /// Nothing more will come.
    Done,
}

/// A journey under way.
#[derive(Debug, Default)]
pub(super) struct Live {
    steps: Arc<[Step]>,
    at: usize,
    person: Option<usize>,
    team: Option<usize>,
    people: Vec<usize>,
    page: Page,
    check: Option<Check>,
    holds: bool,
    tries: u32,
    not_before: Duration,
}

/// Where a list has been read to.
#[derive(Debug, Clone, Copy)]
struct Page {
    start: u64,
    count: usize,
    left: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { start: 1, count: 100, left: u32::MAX }
    }
}

impl Live {
    /// One call about a user.
    pub(super) fn of_person(call: &Arc<Call>, person: usize, check: Option<Check>) -> Self {
        let steps = [Step::plain(Arc::clone(call))].into();
        Self { steps, person: Some(person), holds: true, check, ..Self::default() }
    }

    /// One call about a group and some users.
    pub(super) fn of_team(call: &Arc<Call>, team: usize, people: Vec<usize>, check: Option<Check>) -> Self {
        let steps = [Step::plain(Arc::clone(call))].into();
        Self { steps, team: Some(team), people, holds: true, check, ..Self::default() }
    }
}

/// Where journeys come from.
#[derive(Debug)]
enum Plan {
    /// These, one after the other; refusals for want of speed are waited out.
    These(VecDeque<Live>),
    /// Drawn by weight, without end.
    Drawn,
}

/// How often a set-up or read-back asks again after 429 or 503.
const PATIENCE: u32 = 10;

/// The longest wait for one of them.
const LONGEST: Duration = Duration::from_secs(60);

/// A part of a load.
#[derive(Debug)]
pub struct Shard {
    /// What must be true of the server.
    pub book: Book,
    /// What was found not to be true.
    pub problems: Problems,
    workload: Arc<Workload>,
    steps: Vec<Arc<[Step]>>,
    rng: ChaCha8Rng,
    plan: Plan,
    live: Vec<Option<Live>>,
    free: Vec<usize>,
    ready: VecDeque<usize>,
    waiting: Vec<usize>,
    out: usize,
    drawn: u64,
}

impl Shard {
    /// The `part`-th of `parts` of a load.
    #[must_use]
    pub fn new(workload: Arc<Workload>, seed: u64, marker: &str, part: usize, parts: usize) -> Self {
        Self {
            book: Book::new(marker, part, parts),
            problems: Problems::default(),
            steps: workload.journeys.iter().map(|journey| journey.steps.clone().into()).collect(),
            workload,
            rng: ChaCha8Rng::seed_from_u64(seed.wrapping_add((part as u64) << 32)),
            plan: Plan::Drawn,
            live: Vec::new(),
            free: Vec::new(),
            ready: VecDeque::new(),
            waiting: Vec::new(),
            out: 0,
            drawn: 0,
        }
    }

    /// From now on journeys are drawn.
    pub fn draw_journeys(&mut self) {
        self.plan = Plan::Drawn;
    }

    /// From now on these are gone, and then no more.
    pub(super) fn plan(&mut self, these: impl IntoIterator<Item = Live>) {
        self.plan = Plan::These(these.into_iter().collect());
    }

    /// How many journeys are planned.
    #[must_use]
    pub fn planned(&self) -> usize {
        match &self.plan {
            Plan::These(these) => these.len(),
            Plan::Drawn => 0,
        }
    }

    /// The next request at `now`, a time since any fixed moment; `after` is the ticket that was just answered and whose
    /// journey goes first.
    pub fn next(&mut self, after: Option<usize>, now: Duration) -> Next {
        if let Some(place) = after.and_then(|after| self.ready.iter().position(|ticket| *ticket == after)) {
            self.ready.remove(place);
            return self.job(after.unwrap_or_default());
        }
        if let Some(ticket) = self.ready.pop_front() {
            return self.job(ticket);
        }
        let due = |ticket: &usize| self.live[*ticket].as_ref().is_some_and(|live| live.not_before <= now);
        if let Some(place) = self.waiting.iter().position(due) {
            let ticket = self.waiting.swap_remove(place);
            return self.job(ticket);
        }
        if let Some(live) = self.begin() {
            let ticket = self.take_in(live);
            return self.job(ticket);
        }
        let rest = self.waiting.iter().filter_map(|ticket| Some(self.live[*ticket].as_ref()?.not_before - now)).min();
        match rest {
            Some(rest) => Next::Later(rest),
            None if self.out > 0 => Next::Idle,
            None => Next::Done,
        }
    }

    /// The first request of that journey of the workload, or of the next one of its list that somebody fits: for an engine
    /// that draws journeys itself.
    pub fn start(&mut self, journey: usize) -> Next {
        match self.somebody(journey) {
            Some(live) => {
                let ticket = self.take_in(live);
                self.job(ticket)
            }
            None if self.out > 0 || !self.ready.is_empty() => Next::Idle,
            None => Next::Done,
        }
    }

    /// The next request of the journey whose ticket was just answered; `None` at its end. Nothing may come in between: tickets
    /// are given out again.
    pub fn follow(&mut self, ticket: usize) -> Option<Job> {
        let place = self.ready.iter().position(|it| *it == ticket)?;
        self.ready.remove(place);
        match self.job(ticket) {
            Next::Send(job) => Some(job),
            _ => None,
        }
    }

    /// What is played.
    #[must_use]
    pub fn workload(&self) -> &Workload {
        &self.workload
    }

    /// Ends all journeys that wait for their next step; nobody is held by them any longer.
    pub fn stop(&mut self) {
        let ended: Vec<usize> = self.ready.drain(..).chain(self.waiting.drain(..)).collect();
        for ticket in ended {
            self.end(ticket);
        }
        self.plan([]);
    }

    fn take_in(&mut self, live: Live) -> usize {
        match self.free.pop() {
            Some(ticket) => {
                self.live[ticket] = Some(live);
                ticket
            }
            None => {
                self.live.push(Some(live));
                self.live.len() - 1
            }
        }
    }

    fn begin(&mut self) -> Option<Live> {
        match &mut self.plan {
            Plan::These(these) => these.pop_front(),
            Plan::Drawn => {
                let workload = Arc::clone(&self.workload);
                let all: u32 = workload.journeys.iter().map(|journey| journey.weight).sum();
                let mut ticket = self.rng.random_range(0..all);
                let drawn = workload.journeys.iter().position(|journey| {
                    let hit = ticket < journey.weight;
                    ticket = ticket.saturating_sub(journey.weight);
                    hit
                });
                self.somebody(drawn.unwrap_or_default())
            }
        }
    }

    /// A journey that begins; where nobody fits the one that was drawn, the next one of the list stands in.
    fn somebody(&mut self, first: usize) -> Option<Live> {
        let workload = Arc::clone(&self.workload);
        let count = workload.journeys.len();
        (first..first + count).find_map(|n| {
            let place = n % count;
            self.subject(&workload.journeys[place]).map(|live| Live { steps: Arc::clone(&self.steps[place]), ..live })
        })
    }

    /// Somebody for a journey.
    fn subject(&mut self, journey: &Journey) -> Option<Live> {
        let (book, rng) = (&mut self.book, &mut self.rng);
        let person = |person: Option<usize>| person.map(|it| Live { person: Some(it), holds: true, ..Live::default() });
        let live = match journey.on {
            Subject::NewUser => person(book.has_room().then(|| book.new_person())),
            Subject::User => person(book.draw_person(rng, true, |_| true)),
            Subject::ActiveUser => person(book.draw_person(rng, true, |it| it.active == Some(true))),
            Subject::InactiveUser => person(book.draw_person(rng, true, |it| it.active == Some(false))),
            Subject::AnyUser => {
                book.draw_person(rng, false, |_| true).map(|it| Live { person: Some(it), ..Live::default() })
            }
            Subject::NewGroup => Some(Live { team: Some(book.new_team()), holds: true, ..Live::default() }),
            Subject::Outsiders | Subject::Members => {
                let team = book.draw_team(rng)?;
                let people = book.draw_members(rng, team, journey.size, journey.on == Subject::Members);
                (!people.is_empty()).then(|| Live { team: Some(team), people, holds: true, ..Live::default() })
            }
            Subject::List => {
                let page = Page { count: journey.size, left: journey.pages.unwrap_or(u32::MAX), ..Page::default() };
                Some(Live { page, ..Live::default() })
            }
        }?;
        if live.holds {
            live.person.iter().chain(&live.people).for_each(|place| book.people[*place].busy = true);
        }
        Some(live)
    }

    fn job(&mut self, ticket: usize) -> Next {
        let Some(live) = self.live[ticket].as_ref() else { return Next::Idle };
        self.drawn += 1;
        let step = &live.steps[live.at];
        let fill = Fill { book: &self.book, live, each: step.call.each.as_ref(), draw: self.drawn };
        let target = fill.text(&step.call.path);
        let body = step.call.body.as_ref().map(|body| Bytes::from(fill.text(body)));
        let job = Job { ticket, call: Arc::clone(&step.call), target, body, give_up: step.give_up };
        self.out += 1;
        Next::Send(job)
    }

    /// Takes an outcome in, at `now`; what is wrong with it, if anything is.
    pub fn answered(&mut self, ticket: usize, outcome: &Outcome, now: Duration) -> Option<Wrong> {
        self.out = self.out.saturating_sub(1);
        let live = self.live[ticket].take()?;
        if let (Plan::These(_), Outcome::Answer { status: 429 | 503, retry_after, .. }) = (&self.plan, outcome)
            && live.tries < PATIENCE
        {
            let wait = retry_after.unwrap_or(Duration::from_millis(100 << live.tries.min(8))).min(LONGEST);
            self.live[ticket] = Some(Live { tries: live.tries + 1, not_before: now + wait, ..live });
            self.waiting.push(ticket);
            return None;
        }
        if let Some(check) = live.check {
            let seen = readback::look(&mut self.book, &mut self.problems, check, live.person, live.team, outcome);
            self.live[ticket] = Some(live);
            self.end(ticket);
            return seen.err();
        }
        let step = live.steps[live.at].clone();
        let wrong = self.judged(&live, &step, outcome);
        let given_up = matches!(outcome, Outcome::Broken(Broken::GivenUp, _));
        let mut live = live;
        let more = match &wrong {
            Err(_) if !given_up => false,
            Ok(Some(page)) => {
                live.page = *page;
                true
            }
            _ => {
                live.at += 1;
                live.at < live.steps.len()
            }
        };
        self.live[ticket] = Some(live);
        if more {
            self.ready.push_back(ticket);
        } else {
            self.end(ticket);
        }
        wrong.err().filter(|_| !given_up)
    }

    fn end(&mut self, ticket: usize) {
        let Some(live) = self.live[ticket].take() else { return };
        if live.holds {
            live.person.iter().chain(&live.people).for_each(|place| self.book.people[*place].busy = false);
        }
        self.free.push(ticket);
    }

    /// Judges an outcome and writes into the book what it says; a list that goes on answers its next page.
    fn judged(&mut self, live: &Live, step: &Step, outcome: &Outcome) -> Result<Option<Page>, Wrong> {
        let act = step.call.act;
        let book = &mut self.book;
        let expected = expected(book, live, act);
        let judged = judge(act, &step.also, &expected, outcome);
        drop(expected);
        let unclear = match outcome {
            Outcome::Broken(..) => true,
            Outcome::Answer { status, .. } => *status >= 500,
        };
        match &judged {
            Ok(learned) => {
                let id = learned.id.as_deref();
                enter(book, live, act, id, learned.already, learned.total);
                if matches!(act, Act::ListUsers | Act::ListGroups) && learned.shown > 0 && live.page.left > 1 {
                    let page = Page { start: live.page.start + learned.shown, left: live.page.left - 1, ..live.page };
                    return Ok((page.start <= learned.total.unwrap_or(0)).then_some(page));
                }
            }
            Err(_) if unclear && act.writes() => doubt(book, live, act),
            // An answer of success whose body is wrong has written all the same.
            Err(_) if matches!(outcome, Outcome::Answer { status: 200..=299, .. }) && act.writes() => {
                doubt(book, live, act)
            }
            Err(_) => {}
        }
        judged.map(|_| None)
    }
}

/// What an answer must be about, as far as the book knows.
fn expected<'a>(book: &'a Book, live: &Live, act: Act) -> Expected<'a> {
    let standing = |it: Standing| match it {
        Standing::There => (1, 1),
        Standing::Absent | Standing::Gone => (0, 0),
        Standing::Unsure => (0, 1),
    };
    match (act, live.person, live.team) {
        (Act::ListUsers | Act::ListGroups, ..) => Expected::default(),
        (_, Some(person), _) => Expected {
            name: Some(book.user_name(person).into()),
            id: book.people[person].id.as_deref(),
            total: (act == Act::FindUser).then(|| standing(book.people[person].standing)),
        },
        (_, None, Some(team)) => Expected {
            name: Some(book.group_name(team).into()),
            id: book.teams[team].id.as_deref(),
            total: (act == Act::FindGroup).then(|| standing(book.teams[team].standing)),
        },
        _ => Expected::default(),
    }
}

/// What is true after an answer of success.
fn enter(book: &mut Book, live: &Live, act: Act, id: Option<&str>, already: bool, total: Option<u64>) {
    if let Some(place) = live.person {
        let person = &mut book.people[place];
        match act {
            // Whose it is shows when it is looked for.
            Act::CreateUser if already && person.id.is_none() => person.standing = Standing::Unsure,
            Act::CreateUser if !already => (person.standing, person.id) = (Standing::There, id.map(Arc::from)),
            Act::FindUser if total == Some(1) && person.standing == Standing::Unsure => {
                (person.standing, person.id) = (Standing::There, id.map(Arc::from));
            }
            Act::DeactivateUser => person.active = Some(false),
            Act::ActivateUser => person.active = Some(true),
            Act::DeleteUser => {
                person.standing = Standing::Gone;
                book.leave_all(place);
            }
            _ => {}
        }
    }
    if let Some(place) = live.team {
        let team = &mut book.teams[place];
        match act {
            Act::CreateGroup => (team.standing, team.id) = (Standing::There, id.map(Arc::from)),
            Act::DeleteGroup => team.standing = Standing::Gone,
            Act::AddMembers => live.people.iter().for_each(|it| team.members.add(*it)),
            Act::RemoveMembers => live.people.iter().for_each(|it| team.members.remove(*it)),
            _ => {}
        }
    }
}

/// What is no longer sure after a write without a clear answer.
fn doubt(book: &mut Book, live: &Live, act: Act) {
    if let Some(place) = live.person {
        let person = &mut book.people[place];
        match act {
            Act::CreateUser | Act::DeleteUser => person.standing = Standing::Unsure,
            Act::DeactivateUser | Act::ActivateUser => person.active = None,
            _ => {}
        }
    }
    if let Some(place) = live.team {
        let team = &mut book.teams[place];
        match act {
            Act::CreateGroup | Act::DeleteGroup => team.standing = Standing::Unsure,
            Act::AddMembers | Act::RemoveMembers => {
                for it in &live.people {
                    team.members.remove(*it);
                    team.unsure.insert(*it);
                }
            }
            _ => {}
        }
    }
}

/// Everything that holes are filled from.
struct Fill<'a> {
    book: &'a Book,
    live: &'a Live,
    each: Option<&'a Template>,
    draw: u64,
}

/// What a query may hold as it stands (`RFC3986 §2.3`).
const QUERY: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Fill<'_> {
    fn text(&self, template: &Template) -> String {
        let mut text = String::with_capacity(768);
        self.write(&mut text, template, None);
        text
    }

    fn write(&self, text: &mut String, template: &Template, member: Option<&str>) {
        for piece in template {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Hole(Hole::Members, _) => self.members(text),
                Piece::Hole(hole, coding) => {
                    let value = self.value(*hole, member);
                    match coding {
                        Coding::Plain => text.push_str(&value),
                        Coding::Percent => text.extend(percent_encoding::utf8_percent_encode(&value, QUERY)),
                        Coding::Form => text.extend(url::form_urlencoded::byte_serialize(value.as_bytes())),
                    }
                }
            }
        }
    }

    fn members(&self, text: &mut String) {
        let Some(each) = self.each else { return };
        for (n, place) in self.live.people.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            self.write(text, each, self.book.people[*place].id.as_deref());
        }
    }

    fn value(&self, hole: Hole, member: Option<&str>) -> std::borrow::Cow<'_, str> {
        let person = self.live.person.map(|place| (place, &self.book.people[place]));
        let team = self.live.team.map(|place| (place, &self.book.teams[place]));
        let id = |id: &Option<Arc<str>>| id.as_deref().unwrap_or_default().to_owned();
        match (hole, person, team) {
            (Hole::UserName, Some((place, _)), _) => self.book.user_name(place).into(),
            (Hole::UserExternal, Some((_, it)), _) => self.book.external(it.number).into(),
            (Hole::UserId, Some((_, it)), _) => id(&it.id).into(),
            (Hole::UserActive, Some((_, it)), _) => if it.active == Some(false) { "false" } else { "true" }.into(),
            (Hole::GroupName, _, Some((place, _))) => self.book.group_name(place).into(),
            (Hole::GroupExternal, _, Some((_, it))) => self.book.external(it.number).into(),
            (Hole::GroupId, _, Some((_, it))) => id(&it.id).into(),
            (Hole::Member, ..) => member.unwrap_or_default().to_owned().into(),
            (Hole::PageStart, ..) => self.live.page.start.to_string().into(),
            (Hole::PageCount, ..) => self.live.page.count.to_string().into(),
            (Hole::Draw, ..) => self.draw.to_string().into(),
            _ => "".into(),
        }
    }
}
