//! Points cut into lines that a lookup reads one of.
//!
//! The top bits of a position choose a line. A line has the upper halves of its points' positions, ascending, then
//! `u32::MAX`; their nodes' slots, then that of the point behind them; and the number of its first point. So the
//! node of a key is that in the place of the first upper half that is not below the key's: a count without
//! branches, and one line of memory.
//! Where a line names nobody, lookups search the points: behind the last place of a line with more points than places,
//! and, where positions have a lower half that matters, in all of one whose upper halves do not tell.

use super::hash_ring_members::Point;

/// The slot of nobody.
pub(crate) const NOBODY: u16 = u16::MAX;

/// Upper halves, slots, and the number of the first point.
pub(crate) type Line<const N: usize> = ([u32; N], [u16; N], u32);

/// The line of a ring without points.
pub(crate) const fn blank<const N: usize>() -> Line<N> {
    ([u32::MAX; N], [NOBODY; N], 0)
}

/// How many top bits choose the line: so many that a line has half as many points as places on average. Of
/// Poisson's lines with 5 points, 3 % have more than 9, and one key in 140 lies behind a ninth.
pub(crate) fn line_bits<const N: usize>(points: usize) -> u32 {
    points.div_ceil(N / 2).next_power_of_two().trailing_zeros()
}

/// The upper half of a position.
#[inline]
pub(crate) fn upper_half(position: u64) -> u32 {
    (position >> 32) as u32
}

/// The place of the first upper half that is not below the wanted one.
#[inline]
pub(crate) fn place<const N: usize>(upper_half: impl Fn(usize) -> u32, wanted: u32) -> usize {
    (0..N - 1).map(|place| usize::from(upper_half(place) < wanted)).sum()
}

/// All lines of these points, which are in order. `narrow`: there is nothing to the lower halves.
pub(crate) fn lines<const N: usize>(
    points: &[Point],
    bits: u32,
    narrow: bool,
) -> impl Iterator<Item = Line<N>> {
    let mut first = 0;
    (0..1_u64 << bits).map(move |number| {
        let inside = |point: &Point| u64::from(upper_half(point.0)) << bits >> 32 == number;
        let count = points[first..].iter().take_while(|point| inside(point)).count();
        let line = line(points, first..first + count, narrow);
        first += count;
        line
    })
}

fn line<const N: usize>(points: &[Point], range: core::ops::Range<usize>, narrow: bool) -> Line<N> {
    let mut line = blank();
    line.2 = range.start as u32;
    let next = if range.end == points.len() { 0 } else { range.end };
    let inside = &points[range];
    let tells = narrow || upper_halves_tell(points, inside, next);
    if tells && !points.is_empty() {
        for (place, point) in inside.iter().take(N - 1).enumerate() {
            line.0[place] = upper_half(point.0);
            line.1[place] = point.1;
        }
        if inside.len() < N {
            line.1[inside.len()] = points[next].1;
        }
    }
    line
}

/// Whether no two points of a line have the same upper half, and the one behind it is not shared by nodes.
fn upper_halves_tell(points: &[Point], inside: &[Point], next: usize) -> bool {
    let alone = points.get(next + 1).is_none_or(|after| after.0 != points[next].0);
    alone && inside.windows(2).all(|two| upper_half(two[0].0) != upper_half(two[1].0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 4;

    /// What a lookup does with the line of `position`: the slot, or `None` to search.
    fn look(all: &[Line<N>], bits: u32, narrow: bool, position: u64) -> Option<u16> {
        let wanted = upper_half(position);
        let line = &all[(u64::from(wanted) << bits >> 32) as usize];
        let place = place::<N>(|place| line.0[place], wanted);
        let slot = line.1[place];
        (slot != NOBODY && (narrow || line.0[place] != wanted)).then_some(slot)
    }

    fn slow(points: &[Point], position: u64) -> u16 {
        points.iter().find(|point| point.0 >= position).unwrap_or(&points[0]).1
    }

    /// Points that crowd, share positions and upper halves, and leave lines empty.
    fn crowded(count: u64, narrow: bool) -> Vec<Point> {
        let mut points: Vec<_> = (0..count)
            .map(|n| {
                let hash =
                    (n / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left((n % 3) as u32 * 20);
                let position = if n % 5 == 0 { hash >> 8 } else { hash };
                (if narrow { position >> 32 << 32 } else { position }, n as u16)
            })
            .chain([(0, 900), (u64::MAX >> 32 << 32, 901)])
            .collect();
        points.sort_unstable();
        points
    }

    #[test]
    fn a_line_names_the_first_point_at_or_after_a_position_or_nobody() {
        for narrow in [true, false] {
            for count in [1, 2, 3, 10, 60, 400] {
                let points = crowded(count, narrow);
                let bits = line_bits::<N>(points.len());
                let all: Vec<_> = lines::<N>(&points, bits, narrow).collect();
                assert_eq!(all.len(), 1 << bits);
                let step = if narrow { 1 << 32 } else { 1 };
                let mut told = 0;
                for (position, _) in &points {
                    for near in
                        [position.wrapping_sub(step), *position, position.wrapping_add(step)]
                    {
                        if let Some(slot) = look(&all, bits, narrow, near) {
                            assert_eq!(slot, slow(&points, near), "{near:x} of {points:x?}");
                            told += 1;
                        }
                        let first =
                            all[(u64::from(upper_half(near)) << bits >> 32) as usize].2 as usize;
                        assert!(
                            points[..first].iter().all(|point| point.0 < near),
                            "a search misses points"
                        );
                    }
                }
                assert!(!narrow || told > points.len() / 2, "{told} told of {}", points.len());
            }
        }
    }

    #[test]
    fn a_point_that_nodes_share_is_searched_for_where_the_key_may_choose() {
        let (early, late) = (5 << 32, 3 << 62);
        let points = [(early, 1), (late, 2), (late, 3)];
        let all: Vec<_> = lines::<N>(&points, 1, false).collect();
        assert_eq!(look(&all, 1, false, early - 1), None, "its successor is shared");
        assert_eq!(look(&all, 1, false, late - 1), None);
        let alone: Vec<_> = lines::<N>(&points[..2], 1, false).collect();
        assert_eq!(look(&alone, 1, false, early - 1), Some(1));
        assert_eq!(look(&alone, 1, false, late - 1), Some(2));
        let narrow: Vec<_> = lines::<N>(&points, 1, true).collect();
        assert_eq!(look(&narrow, 1, true, early), Some(1));
        assert_eq!(look(&narrow, 1, true, late), Some(2));
        assert_eq!(look(&narrow, 1, true, late + (1 << 32)), Some(1));
    }

    #[test]
    fn a_line_with_more_points_than_places_names_all_but_who_comes_behind_its_last_place() {
        let points: Vec<Point> = (1..=6).map(|n| (n << 33, n as u16)).collect();
        for narrow in [true, false] {
            let all: Vec<_> = lines::<N>(&points, 1, narrow).collect();
            let told = |n: u64| look(&all, 1, narrow, (n << 33) - (1 << 32));
            assert_eq!([1, 2, 3].map(told), [Some(1), Some(2), Some(3)]);
            assert_eq!([4, 5, 6, 7].map(told), [None; 4]);
            assert_eq!(look(&all, 1, narrow, 1 << 63), Some(1), "the empty line behind");
        }
    }

    #[test]
    fn an_empty_ring_has_one_line_that_names_nobody() {
        assert_eq!(line_bits::<N>(0), 0);
        assert_eq!(lines::<N>(&[], 0, true).collect::<Vec<_>>(), [blank()]);
        assert_eq!(line_bits::<10>(1_600), 9);
        assert_eq!(line_bits::<10>(160_000), 15);
    }
}
