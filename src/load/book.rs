//! What must be true of the server: every user and group of a load, as far as its answers have said it. An answer that did
//! not come leaves a fact unsure, and an unsure fact accuses nobody.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rand::Rng;

/// Whether something is on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Never sent.
    Absent,
    /// Its creation was acknowledged.
    There,
    /// Its removal was acknowledged.
    Gone,
    /// A write of it was sent and not clearly answered.
    Unsure,
}

/// A user.
#[derive(Debug, Clone)]
pub struct Person {
    /// Its number in names.
    pub number: u64,
    /// Its id, once the server has said it.
    pub id: Option<Arc<str>>,
    /// Whether it is there.
    pub standing: Standing,
    /// Whether it is active; `None` is unsure.
    pub active: Option<bool>,
    /// A journey about it is under way.
    pub busy: bool,
}

/// A group.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its number in names.
    pub number: u64,
    /// Its id, once the server has said it.
    pub id: Option<Arc<str>>,
    /// Whether it is there.
    pub standing: Standing,
    /// Who is in it for sure, by place in [`Book::people`].
    pub members: Roll,
    /// Of whom that is not sure.
    pub unsure: HashSet<usize>,
}

/// A set from which one can be drawn.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    list: Vec<usize>,
    place: HashMap<usize, usize>,
}

impl Roll {
    /// Adds one.
    pub fn add(&mut self, it: usize) {
        if !self.place.contains_key(&it) {
            self.place.insert(it, self.list.len());
            self.list.push(it);
        }
    }

    /// Takes one away.
    pub fn remove(&mut self, it: usize) {
        if let Some(place) = self.place.remove(&it) {
            self.list.swap_remove(place);
            if let Some(moved) = self.list.get(place) {
                self.place.insert(*moved, place);
            }
        }
    }

    /// Whether it is in.
    #[must_use]
    pub fn has(&self, it: usize) -> bool {
        self.place.contains_key(&it)
    }

    /// All, in no order that means anything.
    #[must_use]
    pub fn list(&self) -> &[usize] {
        &self.list
    }
}

/// How often a draw is tried before it is given up.
const TRIES: usize = 24;

/// All users and groups of one part of a load.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// The marker in every name.
    pub marker: String,
    /// Users.
    pub people: Vec<Person>,
    /// Groups.
    pub teams: Vec<Team>,
    /// The most users that may ever be created.
    pub most_people: usize,
    step: u64,
    next: u64,
}

impl Book {
    /// An empty book, the `part`-th of `parts` that share no number.
    #[must_use]
    pub fn new(marker: &str, part: usize, parts: usize) -> Self {
        Self {
            marker: marker.to_owned(),
            step: parts.max(1) as u64,
            next: part as u64 + 1,
            most_people: usize::MAX,
            ..Self::default()
        }
    }

    /// A number that nobody has had.
    pub fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += self.step;
        number
    }

    /// Whether one more user may be created.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.people.len() < self.most_people
    }

    /// A new user, busy; its place.
    pub fn new_person(&mut self) -> usize {
        let number = self.number();
        let standing = Standing::Absent;
        self.people.push(Person { number, id: None, standing, active: Some(true), busy: true });
        self.people.len() - 1
    }

    /// A new group; its place.
    pub fn new_team(&mut self) -> usize {
        let (number, standing) = (self.number(), Standing::Absent);
        self.teams.push(Team { number, id: None, standing, members: Roll::default(), unsure: HashSet::new() });
        self.teams.len() - 1
    }

    /// `userName` of a user.
    #[must_use]
    pub fn user_name(&self, person: usize) -> String {
        format!("load.{}.{}@example.com", self.marker, self.people[person].number)
    }

    /// `externalId` of a user or group with that number.
    #[must_use]
    pub fn external(&self, number: u64) -> String {
        format!("{}-{number}", self.marker)
    }

    /// `displayName` of a group.
    #[must_use]
    pub fn group_name(&self, team: usize) -> String {
        format!("Load {} {}", self.marker, self.teams[team].number)
    }

    /// A user who is there, fits, and is free or need not be; drawn a bounded number of times.
    pub fn draw_person(&self, rng: &mut impl Rng, free: bool, fits: impl Fn(&Person) -> bool) -> Option<usize> {
        if self.people.is_empty() {
            return None;
        }
        let good = |place: &usize| {
            let person = &self.people[*place];
            person.standing == Standing::There && person.id.is_some() && !(free && person.busy) && fits(person)
        };
        (0..TRIES).map(|_| rng.random_range(0..self.people.len())).find(good)
    }

    /// A group that is there.
    pub fn draw_team(&self, rng: &mut impl Rng) -> Option<usize> {
        if self.teams.is_empty() {
            return None;
        }
        let good = |place: &usize| self.teams[*place].standing == Standing::There && self.teams[*place].id.is_some();
        (0..TRIES).map(|_| rng.random_range(0..self.teams.len())).find(good)
    }

    /// Up to `size` free users who are not in the group, or who are.
    pub fn draw_members(&self, rng: &mut impl Rng, team: usize, size: usize, inside: bool) -> Vec<usize> {
        let group = &self.teams[team];
        let mut chosen = Vec::new();
        for _ in 0..size * 4 + TRIES {
            let drawn = if inside {
                let list = group.members.list();
                (!list.is_empty()).then(|| list[rng.random_range(0..list.len())])
            } else {
                self.draw_person(rng, true, |_| true)
            };
            let Some(place) = drawn else { break };
            let free = !self.people[place].busy && self.people[place].standing == Standing::There;
            let sure = group.members.has(place) == inside && !group.unsure.contains(&place);
            if free && sure && !chosen.contains(&place) {
                chosen.push(place);
                if chosen.len() == size {
                    break;
                }
            }
        }
        chosen
    }

    /// A user is gone: servers take it out of its groups.
    pub fn leave_all(&mut self, person: usize) {
        for team in &mut self.teams {
            team.members.remove(person);
            team.unsure.remove(&person);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_roll_loses_nobody_but_whom_it_is_told_to() {
        let mut roll = Roll::default();
        (0..50).for_each(|n| roll.add(n));
        roll.add(7);
        (0..50).step_by(3).for_each(|n| roll.remove(n));
        roll.remove(0);
        let mut left = roll.list().to_vec();
        left.sort_unstable();
        assert_eq!(left, (0..50).filter(|n| n % 3 != 0).collect::<Vec<_>>());
        assert!(left.iter().all(|n| roll.has(*n)) && !roll.has(3));
    }

    #[test]
    fn members_are_drawn_from_inside_or_outside_and_never_twice() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut book = Book::new("m", 1, 3);
        assert_eq!([book.number(), book.number()], [2, 5]);
        let team = book.new_team();
        for n in 0..40 {
            let place = book.new_person();
            let person = &mut book.people[place];
            (person.standing, person.busy, person.id) = (Standing::There, n == 3, Some("x".into()));
            if n < 10 {
                book.teams[team].members.add(place);
            }
        }
        let inside = book.draw_members(&mut rng, team, 9, true);
        let outside = book.draw_members(&mut rng, team, 20, false);
        assert!(inside.iter().all(|n| *n < 10 && *n != 3) && outside.iter().all(|n| *n >= 10));
        for drawn in [inside, outside] {
            assert!(drawn.len() > 5 && drawn.iter().collect::<HashSet<_>>().len() == drawn.len());
        }
        book.leave_all(0);
        assert!(!book.teams[team].members.has(0));
    }
}
