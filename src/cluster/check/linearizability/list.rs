//! A list of small numbers from which any can be taken out, and put back in reverse order, at
//! once: the doubly linked list of Knuth's "Dancing Links" (2000).

/// A doubly linked list of some of the numbers `0..count`.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// The end, and the place before the first, is `count`.
    next: Vec<u32>,
    previous: Vec<u32>,
}

impl List {
    /// The numbers of `order`, each below `count` and at most once, in this order.
    pub(super) fn new(count: usize, order: impl IntoIterator<Item = u32>) -> Self {
        let end = count as u32;
        let mut list = Self { next: vec![end; count + 1], previous: vec![end; count + 1] };
        let mut last = end;
        for number in order {
            list.next[last as usize] = number;
            list.previous[number as usize] = last;
            last = number;
        }
        list.next[last as usize] = end;
        list.previous[end as usize] = last;
        list
    }

    fn end(&self) -> u32 {
        self.next.len() as u32 - 1
    }

    pub(super) fn first(&self) -> Option<u32> {
        self.after(self.end())
    }

    pub(super) fn after(&self, number: u32) -> Option<u32> {
        let next = self.next[number as usize];
        (next != self.end()).then_some(next)
    }

    /// Takes a number out. It remembers its place.
    pub(super) fn remove(&mut self, number: u32) {
        let (next, previous) = (self.next[number as usize], self.previous[number as usize]);
        self.next[previous as usize] = next;
        self.previous[next as usize] = previous;
    }

    /// Puts back what was taken out last and not yet put back.
    pub(super) fn restore(&mut self, number: u32) {
        let (next, previous) = (self.next[number as usize], self.previous[number as usize]);
        self.next[previous as usize] = number;
        self.previous[next as usize] = number;
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    fn numbers(list: &List) -> Vec<u32> {
        std::iter::successors(list.first(), |number| list.after(*number)).collect()
    }

    #[test]
    fn what_is_taken_out_comes_back_to_its_place() {
        let mut list = List::new(5, [3, 1, 4, 0]);
        for number in [1, 3, 0, 4] {
            list.remove(number);
        }
        assert!(numbers(&list).is_empty());
        for number in [4, 0, 3] {
            list.restore(number);
        }
        assert_eq!(numbers(&list), [3, 4, 0]);
        list.restore(1);
        assert_eq!(numbers(&list), [3, 1, 4, 0]);
    }
}
