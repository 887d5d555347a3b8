//! Who spoke last: the order by which places are given when there are fewer places than people.

/// Those who had the floor, the latest first, no more than a fixed number.
#[derive(Clone, Debug)]
pub struct RecentSpeakers<K> {
    limit: usize,
    /// The latest first.
    order: Vec<K>,
}

impl<K: Copy + PartialEq> RecentSpeakers<K> {
    /// A list of at most `limit`.
    pub fn new(limit: usize) -> Self {
        RecentSpeakers { limit, order: Vec::with_capacity(limit) }
    }

    /// `key` got the floor; says whether that changed the list.
    pub fn promote(&mut self, key: K) -> bool {
        if self.order.first() == Some(&key) || self.limit == 0 {
            return false;
        }
        let known = self.order.iter().position(|known| *known == key);
        match known {
            Some(at) => self.order[..=at].rotate_right(1),
            None => {
                self.order.truncate(self.limit - 1);
                self.order.insert(0, key);
            }
        }
        true
    }

    /// `key` left.
    pub fn remove(&mut self, key: K) {
        self.order.retain(|known| *known != key);
    }

    /// The latest first.
    pub fn iter(&self) -> impl Iterator<Item = K> {
        self.order.iter().copied()
    }

    /// All `members` as they deserve a place: who spoke last first, who never did in the order of `members`, and
    /// behind them, each in the same order, those whom there is no picture of.
    pub fn rank(&self, members: &[K], has_video: impl Fn(K) -> bool) -> Vec<K> {
        let spoke = self.iter().filter(|key| members.contains(key));
        let silent = members.iter().copied().filter(|key| !self.order.contains(key));
        let (mut seen, unseen): (Vec<K>, Vec<K>) = spoke.chain(silent).partition(|key| has_video(*key));
        seen.extend(unseen);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(keys: impl IntoIterator<Item = char>) -> String {
        keys.into_iter().collect()
    }

    #[test]
    fn t7_060_the_last_three() {
        let mut recent = RecentSpeakers::new(3);
        let rows = [
            ('a', true, "a"),
            ('a', false, "a"),
            ('b', true, "ba"),
            ('a', true, "ab"),
            ('c', true, "cab"),
            ('b', true, "bca"),
            ('d', true, "dbc"),
            ('d', false, "dbc"),
        ];
        for (key, changed, order) in rows {
            assert_eq!(recent.promote(key), changed, "{key}, then {order}");
            assert_eq!(text(recent.iter()), order);
        }
        recent.remove('b');
        assert_eq!(text(recent.iter()), "dc");
        assert!(!RecentSpeakers::new(0).promote('a'));
    }

    #[test]
    fn speech_order_of_jitsi() {
        let members = ['a', 'b', 'c', 'd'];
        let mut recent = RecentSpeakers::new(4);
        // Row, who speaks, who has no picture, the order then.
        let rows = [
            ("nobody spoke", "", "b", "acdb"),
            ("T7.055", "abcddcba", "", "abcd"),
            ("T7.056", "", "a", "bcda"),
            ("T7.056", "", "", "abcd"),
            ("T7.057", "", "b", "acdb"),
            ("T7.057", "b", "b", "acdb"),
            ("T7.058", "", "", "bacd"),
            ("T7.059", "a", "abcd", "abcd"),
        ];
        for (row, speak, unseen, order) in rows {
            for key in speak.chars() {
                recent.promote(key);
            }
            assert_eq!(text(recent.rank(&members, |key| !unseen.contains(key))), order, "{row}");
        }
    }
}
