//! The iteration order of `CPython`'s sets of whole numbers.

use super::sets::Operation;

/// Slots that are tried in sequence before the next jump.
const LINEAR_PROBES: usize = 9;

/// A hash table laid out as `CPython` lays out a set of whole numbers.
#[derive(Debug, Clone)]
pub(super) struct SetOrder {
    slots: Vec<Option<i128>>,
    used: usize,
}

impl SetOrder {
    /// Returns the table of a set of these numbers.
    pub(super) fn of(numbers: &[i128]) -> Self {
        let mut set = Self::with_slots(8);
        for number in numbers {
            set.add(*number);
        }
        set
    }

    /// Returns the numbers of the combined set in its order.
    pub(super) fn combined(&self, other: &Self, operation: Operation) -> Vec<i128> {
        let mut out = Self::with_slots(8);
        match operation {
            Operation::Union => {
                out.merge(self);
                out.merge(other);
            }
            Operation::Intersect => {
                // Iterate over the smaller one.
                let (small, large) = if other.used > self.used {
                    (self, other)
                } else {
                    (other, self)
                };
                small
                    .items()
                    .filter(|item| large.has(*item))
                    .for_each(|item| out.add(item));
            }
            Operation::Difference => {
                self.items()
                    .filter(|item| !other.has(*item))
                    .for_each(|item| out.add(item));
            }
            Operation::Symmetric => {
                let mut both = Self::with_slots(8);
                both.merge(other);
                for item in self.items() {
                    if other.has(item) {
                        both.remove(item);
                    } else {
                        both.add(item);
                    }
                }
                out = both;
            }
        }
        out.items().collect()
    }

    fn with_slots(count: usize) -> Self {
        Self {
            slots: vec![None; count],
            used: 0,
        }
    }

    fn items(&self) -> impl Iterator<Item = i128> {
        self.slots.iter().flatten().copied()
    }

    fn has(&self, number: i128) -> bool {
        self.slots
            .get(self.slot(number))
            .copied()
            .flatten()
            .is_some()
    }

    fn add(&mut self, number: i128) {
        let slot = self.slot(number);
        let mask = self.slots.len() - 1;
        if let Some(free @ None) = self.slots.get_mut(slot) {
            *free = Some(number);
            self.used += 1;
            if self.used * 5 >= mask * 3 {
                let grown = if self.used > 50_000 {
                    self.used * 2
                } else {
                    self.used * 4
                };
                self.resize(grown);
            }
        }
    }

    fn remove(&mut self, number: i128) {
        let slot = self.slot(number);
        if let Some(taken) = self.slots.get_mut(slot) {
            *taken = None;
        }
    }

    /// Adds all numbers of another set like `CPython`'s `set_merge`.
    fn merge(&mut self, other: &Self) {
        let mask = self.slots.len() - 1;
        if (self.used + other.used) * 5 >= mask * 3 {
            self.resize((self.used + other.used) * 2);
        }
        if self.used == 0 && self.slots.len() == other.slots.len() {
            self.clone_from(other);
            return;
        }
        other.items().for_each(|item| self.add(item));
    }

    fn resize(&mut self, least: usize) {
        let mut size = 8;
        while size <= least {
            size *= 2;
        }
        let old = std::mem::replace(self, Self::with_slots(size));
        for item in old.items() {
            let slot = self.slot(item);
            if let Some(free) = self.slots.get_mut(slot) {
                *free = Some(item);
                self.used += 1;
            }
        }
    }

    /// Returns the slot that contains the number, or the free slot for it.
    fn slot(&self, number: i128) -> usize {
        // The hash of a whole number is the number, except that -1 has the hash of -2.
        let hash = if number == -1 { -2 } else { number };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "C does so too"
        )]
        let mut perturb = hash as u64 as usize;
        let mask = self.slots.len() - 1;
        let mut index = perturb & mask;
        loop {
            let last = if index + LINEAR_PROBES <= mask {
                index + LINEAR_PROBES
            } else {
                index
            };
            for slot in index..=last {
                match self.slots.get(slot) {
                    Some(Some(other)) if *other != number => {}
                    _ => return slot,
                }
            }
            perturb >>= 5;
            index = (index.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb)) & mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_the_order_of_pythons_sets() {
        // list(set(a) | set(b)), list(set(a) ^ set(b)) of CPython.
        let order = |a: &[i128], b: &[i128], operation| {
            SetOrder::of(a).combined(&SetOrder::of(b), operation)
        };
        for (a, b, operation, expected) in ORDERS {
            assert_eq!(order(a, b, *operation), *expected, "{a:?} {b:?}");
        }
    }

    type Case = (&'static [i128], &'static [i128], Operation, &'static [i128]);

    const ORDERS: &[Case] = &[
        (
            &[
                -9, 76, 89, 66, 35, -93, 19, 98, -37, 66, -87, -60, -72, -5, 20, -37, -3, 39, -74,
                46, -37, -97, 87, -45,
            ],
            &[
                -29, -54, 96, -1, -60, 95, -82, -65, 58, 58, 13, -68, -67, -100, -9, 76, 89, 66,
                35, -93, 19, 98, -37, 66, -87, -60,
            ],
            Operation::Union,
            &[
                13, 19, 20, -100, -97, 35, -93, 39, -87, 46, -82, -74, -72, 58, -68, -67, -65, 66,
                -60, -54, 76, -45, 87, 89, -37, 95, 96, 98, -29, -9, -5, -3, -1,
            ],
        ),
        (&[-5], &[-1], Operation::Intersect, &[]),
        (
            &[10, -4, -5, -4, 2],
            &[-10, 1, 3, 10, -4],
            Operation::Difference,
            &[2, -5],
        ),
        (&[-8, 0, -1], &[9, -8], Operation::Symmetric, &[0, 9, -1]),
        (
            &[1, -1, 5],
            &[0, -5, 5, 5, -5, -9, 1],
            Operation::Union,
            &[0, 1, 5, -9, -5, -1],
        ),
        (
            &[1, 2, -10, 7, 3, 1],
            &[8, -10, 4, -9, 1, 2, -10],
            Operation::Intersect,
            &[1, 2, -10],
        ),
        (
            &[-3050, -969],
            &[642, 3396, 812, 3596, -3050],
            Operation::Difference,
            &[-969],
        ),
        (
            &[50],
            &[99, -6, -25, -91, 10, -77],
            Operation::Symmetric,
            &[-6, 99, -77, -91, 50, -25, 10],
        ),
        (
            &[-63, -13, -30],
            &[-21, -63],
            Operation::Union,
            &[-63, -30, -13, -21],
        ),
        (&[-80, 60], &[84, 76, -80], Operation::Intersect, &[-80]),
        (&[84, -88], &[53, 84], Operation::Difference, &[-88]),
        (
            &[-40, 89],
            &[
                -12, -36, 16, 66, 7, -63, -86, 63, -92, 26, -15, -47, -67, 87, 44, -67, 61, 5, -73,
                -57, -40,
            ],
            Operation::Symmetric,
            &[
                -63, 66, 5, 7, -57, 16, -47, 87, 89, 26, -36, -92, -86, 44, -67, -15, -12, -73, 61,
                63,
            ],
        ),
        (
            &[-85, 7, -25],
            &[16, 58, -57, -85],
            Operation::Union,
            &[16, -57, 7, -25, 58, -85],
        ),
        (
            &[
                76, 86, -19, 22, -30, -26, 20, 3, -63, -72, -4, 36, -55, 60, 27, -14,
            ],
            &[-78, 25, -31, 31, 100, 40, 76, 86, -19, 22, -30, -26, 20, 3],
            Operation::Intersect,
            &[-30, 3, -26, 76, -19, 20, 86, 22],
        ),
        (
            &[98, -9, 77],
            &[
                69, -92, 94, -22, -7, 43, 80, 71, -29, 24, -33, 97, 76, 83, -25, -13, 66, -55, 48,
                98,
            ],
            Operation::Difference,
            &[77, -9],
        ),
        (
            &[-17, 71],
            &[18, -27, -17],
            Operation::Symmetric,
            &[18, -27, 71],
        ),
        (
            &[
                842, 699, -513, 662, 1692, 735, -2175, 2369, 968, 477, 3489, -2676, 3672, -2278,
                -1746, 931, 2819, -366, -3709, 1826, -2185, 4516,
            ],
            &[
                1894, -42, 4063, -565, -4548, -1796, -2379, 4608, 2226, -2039, -1412, -2043, -4315,
                2726, -1294, -2285, -4113, 842, 699, -513, 662, 1692, 735, -2175, 2369, 968, 477,
                3489,
            ],
            Operation::Union,
            &[
                4608, -2175, 2819, -3709, -2043, -2039, -2676, -366, -2285, 662, -2278, 1692, 3489,
                1826, 931, 4516, -4315, 2726, -1746, 2226, -2379, 699, -4548, -1412, 2369, 968,
                842, -565, -42, 3672, 477, 735, 4063, 1894, -4113, -1294, -2185, -1796, -513,
            ],
        ),
        (&[-5, 5, -4], &[3, -5], Operation::Intersect, &[-5]),
        (
            &[69, 56, -82, 51, -48, -40, 83],
            &[-100, -11, 3, -29, 4, -71, 69, 56, -82],
            Operation::Difference,
            &[-48, 83, 51, -40],
        ),
        (
            &[40, 57],
            &[-76, -25, 39, 31, -14, 48, -25, -10, -67, 7, 40],
            Operation::Symmetric,
            &[39, -25, 7, 48, -14, -76, -10, 57, -67, 31],
        ),
        (
            &[
                3820, 1052, 2659, -2672, -2432, 4763, 1270, 4238, 2815, -1738, -2822,
            ],
            &[
                -3512, 752, -4985, 1256, -3232, 341, 4270, 3837, -2695, 332, 3820, 1052, 2659,
                -2672, -2432,
            ],
            Operation::Union,
            &[
                -2432, -4985, -3512, 332, 4238, -2672, 341, 4763, 1052, -3232, 2659, 1256, 3820,
                4270, 752, 1270, -1738, -2695, -2822, 3837, 2815,
            ],
        ),
        (
            &[10, -43, 26, -26, 22, 81, -3, -2, -60, 52, 52, -34, 89, -23],
            &[
                -36, 6, -95, -19, -22, 25, -27, -64, 22, -94, -69, 68, 59, 13, -38, -25, 10, -43,
                26, -26, 22, 81, -3,
            ],
            Operation::Intersect,
            &[-26, 10, 81, -43, 22, 26, -3],
        ),
        (&[-10, 5], &[-3, 5, -10], Operation::Difference, &[]),
        (&[-2, -6], &[-1, 5, -2], Operation::Symmetric, &[-6, 5, -1]),
    ];
}
