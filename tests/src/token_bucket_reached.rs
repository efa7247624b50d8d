//! What a random run came to: a test that never reaches a branch says nothing about it.

use crate::token_bucket_front::Front;
use crate::token_bucket_model::Model;
use crate::vectors::{Answer, Operation, Verdict};

/// How often a run came to where answers differ in kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are sentences already")]
pub struct Reached {
    pub granted: u32,
    pub refused_until_later: u32,
    pub refused_for_ever: u32,
    pub granted_to_the_nanosecond: u32,
    pub promised_for_later: u32,
    pub promise_refused_for_its_wait: u32,
    pub promised_away_for_too_long: u32,
    pub asked_while_permits_were_owed: u32,
    pub gave_back_all: u32,
    pub gave_back_a_part: u32,
    pub gave_back_nothing: u32,
    pub gave_back_across_a_change: u32,
    pub time_stepped_back: u32,
    pub time_stood_still: u32,
    pub before_the_origin: u32,
    pub changed_before_the_origin: u32,
    pub origin_moved: u32,
    pub origin_moved_with_permits_missing: u32,
    pub quota_exact: u32,
    pub quota_rounded: u32,
    pub span_beyond_nine_years: u32,
    pub changed_with_permits_owed: u32,
    pub began_short_of_full: u32,
    pub waits_tried: u32,
}

impl Reached {
    /// Every counter with its name.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, u32)> {
        let text = format!("{self:?}");
        let list = text.trim_start_matches("Reached { ").trim_end_matches(" }");
        list.split(", ")
            .map(|entry| entry.split_once(": ").expect("a field is `name: count`"))
            .map(|(name, count)| (name.to_owned(), count.parse().expect("counts are numbers")))
            .collect()
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        macro_rules! sum {
            ($($field:ident),* $(,)?) => { $( self.$field += other.$field; )* };
        }
        sum!(
            granted,
            refused_until_later,
            refused_for_ever,
            granted_to_the_nanosecond,
            promised_for_later,
            promise_refused_for_its_wait,
            promised_away_for_too_long,
            asked_while_permits_were_owed,
            gave_back_all,
            gave_back_a_part,
            gave_back_nothing,
            gave_back_across_a_change,
            time_stepped_back,
            time_stood_still,
            before_the_origin,
            changed_before_the_origin,
            origin_moved,
            origin_moved_with_permits_missing,
            quota_exact,
            quota_rounded,
            span_beyond_nine_years,
            changed_with_permits_owed,
            began_short_of_full,
            waits_tried,
        );
    }
}

impl Reached {
    /// Counts what one call came to: the model before it and after it.
    pub(crate) fn look(
        &mut self,
        now: u64,
        operation: &Operation,
        answer: &Answer,
        before: &Model,
        after: &Model,
    ) {
        let before_the_origin = before.origin().is_some_and(|origin| now < origin);
        let moved = after.moves() > before.moves();
        self.before_the_origin += u32::from(before_the_origin);
        self.origin_moved += u32::from(moved);
        self.origin_moved_with_permits_missing += u32::from(moved && before.is_short(now));
        let owes = before.owes(now);
        match (operation, answer) {
            (Operation::TryAcquire(1..), Answer::Asked(Verdict::Granted)) => {
                self.granted += 1;
                // One nanosecond earlier it would have been refused.
                let mut early = before.clone();
                let one_less = now > 0 && before.origin().is_some() && {
                    let answer = early.answer(now - 1, operation);
                    answer == Answer::Asked(Verdict::RetryAfter(1))
                };
                self.granted_to_the_nanosecond += u32::from(one_less);
            }
            (Operation::TryAcquire(_), Answer::Asked(Verdict::RetryAfter(_))) => {
                self.refused_until_later += 1;
                self.asked_while_permits_were_owed += u32::from(owes);
            }
            (_, Answer::Asked(Verdict::ExceedsLimit)) => self.refused_for_ever += 1,
            (Operation::Reserve { .. }, Answer::ReadyAfter(1..)) => self.promised_for_later += 1,
            (Operation::Reserve { timeout_ns: None, .. }, Answer::Asked(_)) => {
                self.promised_away_for_too_long += 1;
            }
            (Operation::Reserve { .. }, Answer::Asked(_)) => self.promise_refused_for_its_wait += 1,
            (Operation::Cancel(_), Answer::Gave(false)) => self.gave_back_nothing += 1,
            (Operation::Cancel(id), _) => {
                let all = before.would_give_back_all(id);
                self.gave_back_all += u32::from(all);
                self.gave_back_a_part += u32::from(!all);
                self.gave_back_across_a_change += u32::from(before.has_changed_since(id));
            }
            (Operation::SetQuota { .. }, _) => {
                self.changed_with_permits_owed += u32::from(owes);
                self.changed_before_the_origin += u32::from(before_the_origin);
            }
            _ => {}
        }
    }
}
