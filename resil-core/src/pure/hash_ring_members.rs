//! The nodes of a ring and its points in order.
//!
//! A node keeps one slot while it is a member, and slots are used again; an id is a slot and the number of the
//! insertion, which is not. Changing a node takes all its points out and merges the new ones in, so the others
//! are not sorted again.
//! Invariant: points are ascending by position, then by bytes or by turn, as the layout says.

use core::cmp::Ordering;

use super::hash_ring::{
    ConfigError, Inserted, Layout, MOST_NODES, MOST_POINTS, MOST_WEIGHT, Mode, NodeId,
};

/// A position, and the slot of the node there.
pub(crate) type Point = (u64, u16);

/// A node, named by whatever holds its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Member<N> {
    pub(crate) name: N,
    pub(crate) weight: u32,
    pub(crate) id: NodeId,
    /// Who comes first at equal points where that is a matter of time.
    turn: u64,
}

/// The nodes of a ring.
#[derive(Debug)]
pub(crate) struct Members<N> {
    layout: Layout,
    by_slot: Vec<Option<Member<N>>>,
    /// Slots in order of their nodes' bytes.
    by_name: Vec<u16>,
    free: Vec<u16>,
    total_weight: u64,
    points: u64,
    turns: u64,
}

impl<N: AsRef<[u8]>> Members<N> {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            layout,
            by_slot: Vec::new(),
            by_name: Vec::new(),
            free: Vec::new(),
            total_weight: 0,
            points: 0,
            turns: 0,
        }
    }

    /// The member in a slot.
    pub(crate) fn member(&self, slot: u16) -> Option<&Member<N>> {
        self.by_slot.get(usize::from(slot))?.as_ref()
    }

    /// Adds `name`, made by `own`, or gives it another weight.
    pub(crate) fn insert(
        &mut self,
        name: &[u8],
        weight: u32,
        own: impl FnOnce(&[u8]) -> N,
    ) -> Result<Inserted, ConfigError> {
        check(self.layout, name.len(), weight)?;
        let place = self.find(name);
        let (known, old_weight) = match place {
            Ok(at) => (true, self.at(self.by_name[at]).weight),
            Err(_) => (false, 0),
        };
        let nodes = self.by_name.len() + usize::from(!known);
        if nodes > MOST_NODES {
            return Err(ConfigError::TooManyNodes);
        }
        let total_weight = self.total_weight - u64::from(old_weight) + u64::from(weight);
        let count = |weight| self.layout.point_count(weight, total_weight, nodes);
        if !self.layout.shares() {
            // Where all share, no weights exceed the limit: 160 points a node on average.
            let points = self.points - if known { count(old_weight) } else { 0 } + count(weight);
            if points > MOST_POINTS.into() {
                return Err(ConfigError::TooManyPoints);
            }
            self.points = points;
        }
        self.total_weight = total_weight;
        let inserted = match place {
            Ok(at) => {
                let slot = self.by_name[at];
                let anew = self.layout.mode() == Some(Mode::GoZero);
                let turn = if anew { Some(self.next_turn()) } else { None };
                let member =
                    self.by_slot[usize::from(slot)].as_mut().expect("a name's slot is taken");
                member.weight = weight;
                member.turn = turn.unwrap_or(member.turn);
                Inserted::Reweighted(member.id)
            }
            Err(at) => {
                let turn = self.next_turn();
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.by_slot.push(None);
                    (self.by_slot.len() - 1) as u16
                });
                let id = NodeId::new(slot, turn);
                self.by_slot[usize::from(slot)] =
                    Some(Member { name: own(name), weight, id, turn });
                self.by_name.insert(at, slot);
                Inserted::New(id)
            }
        };
        self.count_shared_points();
        Ok(inserted)
    }

    /// Takes a node out.
    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<NodeId> {
        let slot = self.by_name.remove(self.find(name).ok()?);
        let member = self.by_slot[usize::from(slot)].take().expect("a name's slot is taken");
        self.free.push(slot);
        self.total_weight -= u64::from(member.weight);
        if !self.layout.shares() {
            self.points -= self.layout.point_count(member.weight, 0, 0);
        }
        self.count_shared_points();
        Some(member.id)
    }

    /// The member of this name.
    pub(crate) fn member_of(&self, name: &[u8]) -> Option<&Member<N>> {
        self.find(name).ok().map(|at| self.at(self.by_name[at]))
    }

    pub(crate) fn total_weight(&self) -> u64 {
        self.total_weight
    }

    pub(crate) fn point_count(&self) -> u64 {
        self.points
    }

    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// All points, after the node in `changed` came, went or changed, out of those before that.
    pub(crate) fn points(&self, before: impl Iterator<Item = Point>, changed: u16) -> Vec<Point> {
        if self.layout.shares() {
            return self.all_points();
        }
        let mut new = self.member(changed).map_or_else(Vec::new, |member| self.points_of(member));
        new.sort_unstable();
        let mut all = Vec::with_capacity(self.points as usize);
        let mut new = new.into_iter().peekable();
        for point in before.filter(|point| point.1 != changed) {
            while let Some(first) = new.next_if(|first| self.order(*first, point) == Ordering::Less)
            {
                all.push(first);
            }
            all.push(point);
        }
        all.extend(new);
        all
    }

    /// How many nodes have points.
    pub(crate) fn holders(&self) -> usize {
        self.by_slot.iter().flatten().filter(|member| self.points_due(member) > 0).count()
    }

    fn all_points(&self) -> Vec<Point> {
        let mut members: Vec<_> = self.by_slot.iter().flatten().collect();
        members.sort_unstable_by_key(|member| member.turn);
        let mut all: Vec<_> = members.iter().flat_map(|member| self.points_of(member)).collect();
        // Stable: of equal points the earlier node's comes first.
        all.sort_by_key(|point| point.0);
        all
    }

    fn points_of(&self, member: &Member<N>) -> Vec<Point> {
        let positions = self.layout.positions(member.name.as_ref(), self.points_due(member));
        positions.into_iter().map(|position| (position, member.id.slot() as u16)).collect()
    }

    fn points_due(&self, member: &Member<N>) -> u64 {
        self.layout.point_count(member.weight, self.total_weight, self.by_name.len())
    }

    fn order(&self, one: Point, other: Point) -> Ordering {
        one.0.cmp(&other.0).then_with(|| {
            let (one, other) = (self.at(one.1), self.at(other.1));
            match self.layout {
                Layout::Own { .. } => one.name.as_ref().cmp(other.name.as_ref()),
                Layout::Compatible(_) => one.turn.cmp(&other.turn),
            }
        })
    }

    fn count_shared_points(&mut self) {
        if self.layout.shares() {
            let members = self.by_slot.iter().flatten();
            self.points = members.map(|member| self.points_due(member)).sum();
        }
    }

    fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    fn find(&self, name: &[u8]) -> Result<usize, usize> {
        self.by_name.binary_search_by(|slot| self.at(*slot).name.as_ref().cmp(name))
    }

    fn at(&self, slot: u16) -> &Member<N> {
        self.member(slot).expect("points and names are of members")
    }
}

/// What can be told of an insertion before the ring is looked at.
fn check(layout: Layout, name_bytes: usize, weight: u32) -> Result<(), ConfigError> {
    if u32::try_from(name_bytes).is_err() {
        return Err(ConfigError::NodeTooLong);
    }
    if weight > MOST_WEIGHT {
        return Err(ConfigError::WeightTooHigh);
    }
    if weight == 0 && layout.shares() {
        return Err(ConfigError::WeightIsZero);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = Members<Vec<u8>>;

    fn insert(members: &mut Names, points: &mut Vec<Point>, name: &str, weight: u32) -> NodeId {
        let id = members.insert(name.as_bytes(), weight, <[u8]>::to_vec).unwrap().id();
        *points = members.points(std::mem::take(points).into_iter(), id.slot() as u16);
        id
    }

    fn remove(members: &mut Names, points: &mut Vec<Point>, name: &str) {
        let id = members.remove(name.as_bytes()).unwrap();
        *points = members.points(std::mem::take(points).into_iter(), id.slot() as u16);
    }

    /// The points with names instead of slots.
    fn named(members: &Names, points: &[Point]) -> Vec<(u64, Vec<u8>)> {
        points.iter().map(|point| (point.0, members.at(point.1).name.clone())).collect()
    }

    #[test]
    fn points_are_in_order_whatever_came_went_and_changed() {
        let layout = Layout::own(7).unwrap();
        let (mut members, mut points) = (Names::new(layout), Vec::new());
        for (name, weight) in [("b", 3), ("a", 1), ("c", 0), ("d", 2), ("b", 1), ("c", 4)] {
            insert(&mut members, &mut points, name, weight);
        }
        remove(&mut members, &mut points, "a");
        insert(&mut members, &mut points, "e", 1);
        let mut slow: Vec<_> = [("b", 1), ("c", 4), ("d", 2), ("e", 1)]
            .iter()
            .flat_map(|(name, weight)| {
                let positions = layout.positions(name.as_bytes(), weight * 7);
                positions.into_iter().map(|position| (position, name.as_bytes().to_vec()))
            })
            .collect();
        slow.sort();
        assert_eq!(named(&members, &points), slow);
        assert_eq!((members.len(), members.total_weight(), members.point_count()), (4, 8, 56));
    }

    #[test]
    fn at_equal_points_the_smaller_bytes_come_first_in_whatever_order_they_came() {
        let members = |names: [&str; 3]| {
            let mut members = Names::new(Layout::own(1).unwrap());
            let slots = names.map(|name| {
                members.insert(name.as_bytes(), 1, <[u8]>::to_vec).unwrap().id().slot()
            });
            (members, slots)
        };
        for names in [["a", "ab", "b"], ["b", "ab", "a"], ["ab", "b", "a"]] {
            let (members, slots) = members(names);
            let order =
                |one, other| members.order((5, slots[one] as u16), (5, slots[other] as u16));
            for (one, other) in [(0, 1), (1, 2), (0, 2)] {
                assert_eq!(order(one, other), names[one].cmp(names[other]));
            }
        }
    }

    #[test]
    fn slots_are_used_again_and_ids_are_not() {
        let (mut members, mut points) = (Names::new(Layout::own(2).unwrap()), Vec::new());
        insert(&mut members, &mut points, "stays", 1);
        let mut ids = Vec::new();
        for n in 0..1_000 {
            let name = format!("node {n}");
            ids.push(insert(&mut members, &mut points, &name, 1));
            remove(&mut members, &mut points, &name);
        }
        assert!(ids.iter().all(|id| id.slot() == 1));
        assert!(ids.windows(2).all(|two| two[0].generation() < two[1].generation()));
        assert_eq!((members.by_slot.len(), members.by_name.len(), members.free.len()), (2, 1, 1));
        assert_eq!(points.len(), 2);
    }

    #[test]
    fn what_is_too_much_is_refused_by_name_and_changes_nothing() {
        let mut members = Names::new(Layout::own(1 << 12).unwrap());
        let mut insert =
            |name: &str, weight| members.insert(name.as_bytes(), weight, <[u8]>::to_vec);
        assert_eq!(insert("a", 65_536), Err(ConfigError::WeightTooHigh));
        assert_eq!(insert("a", 4_097), Err(ConfigError::TooManyPoints));
        assert!(insert("a", 4_096).is_ok());
        assert_eq!(insert("b", 1), Err(ConfigError::TooManyPoints));
        assert!(insert("b", 0).is_ok());
        assert!(insert("a", 4_095).is_ok());
        assert!(insert("b", 1).is_ok());
        assert_eq!(insert("b", 2), Err(ConfigError::TooManyPoints));
        assert_eq!((members.len(), members.point_count()), (2, 1 << 24));
        let too_long = u32::MAX as usize + 1;
        assert_eq!(check(members.layout, too_long, 1), Err(ConfigError::NodeTooLong));
        assert_eq!(check(members.layout, too_long - 1, MOST_WEIGHT), Ok(()));
        let ketama = Layout::Compatible(Mode::Ketama);
        assert_eq!(check(ketama, 1, 0), Err(ConfigError::WeightIsZero));
    }

    #[test]
    fn the_65_536th_node_is_refused() {
        let mut members = Members::<Vec<u8>>::new(Layout::own(1).unwrap());
        for n in 0..MOST_NODES {
            members.insert(&(n as u32).to_be_bytes(), 0, <[u8]>::to_vec).unwrap();
        }
        assert_eq!(members.insert(b"one more", 0, <[u8]>::to_vec), Err(ConfigError::TooManyNodes));
        assert!(members.insert(&[0; 4], 1, <[u8]>::to_vec).is_ok(), "one that is known");
        assert!(members.remove(&[0; 4]).is_some());
        assert_eq!(members.insert(b"one more", 0, <[u8]>::to_vec).unwrap().id().slot(), 0);
    }

    #[test]
    fn where_all_share_every_update_makes_the_points_of_all_anew() {
        let layout = Layout::Compatible(Mode::Ketama);
        let (mut members, mut points) = (Names::new(layout), Vec::new());
        insert(&mut members, &mut points, "a", 600);
        assert_eq!((points.len(), members.point_count(), members.holders()), (160, 160, 1));
        insert(&mut members, &mut points, "b", 400);
        assert_eq!((points.len(), members.point_count(), members.holders()), (320, 320, 2));
        let of_a = points.iter().filter(|point| members.at(point.1).name == b"a").count();
        assert_eq!(of_a, 192);
        assert!(points.is_sorted());
        remove(&mut members, &mut points, "a");
        assert_eq!((points.len(), members.point_count(), members.total_weight()), (160, 160, 400));
        assert_eq!(members.member_of(b"b").map(|member| member.weight), Some(400));
        assert!(members.member_of(b"a").is_none());
    }

    #[test]
    fn at_equal_points_the_earlier_node_comes_first_and_go_zero_s_anew_when_reweighted() {
        for (mode, after) in [(Mode::GoZero, Ordering::Greater), (Mode::Ketama, Ordering::Less)] {
            let mut members = Names::new(Layout::Compatible(mode));
            let mut insert =
                |name: &[u8]| members.insert(name, 50, <[u8]>::to_vec).unwrap().id().slot() as u16;
            let (z, a) = (insert(b"z"), insert(b"a"));
            assert_eq!(members.order((5, z), (5, a)), Ordering::Less);
            members.insert(b"z", 60, <[u8]>::to_vec).unwrap();
            assert_eq!(members.order((5, z), (5, a)), after, "{mode:?}");
            assert_eq!(members.order((5, z), (6, a)), Ordering::Less, "{mode:?}");
        }
    }

    #[test]
    fn a_node_of_no_weight_holds_no_points() {
        let (mut members, mut points) = (Names::new(Layout::own(3).unwrap()), Vec::new());
        insert(&mut members, &mut points, "a", 0);
        assert_eq!((members.holders(), points.len()), (0, 0));
        insert(&mut members, &mut points, "b", 2);
        insert(&mut members, &mut points, "c", 1);
        assert_eq!((members.holders(), points.len(), members.len()), (2, 9, 3));
    }
}
