//! The header's text: a dictionary as Python writes it.

/// What the header of an array says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type of the elements: byte order, kind and bytes, such as `<f4`; of a
    /// structured type, its list as it stands there.
    pub descr: String,
    /// Whether the first index changes fastest.
    pub is_fortran_order: bool,
    /// Sizes, slowest first in C order.
    pub shape: Vec<u64>,
}

impl Header {
    /// Takes the three keys in any order. `None`: one is missing, unknown or twice, or
    /// the text is no dictionary.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text);
        let (mut descr, mut order, mut shape) = (None, None, None);
        rest.take('{')?;
        while rest.take('}').is_none() {
            let key = rest.quoted()?;
            rest.take(':')?;
            let was_there = match key {
                "descr" => descr.replace(rest.descr()?).is_some(),
                "fortran_order" => order.replace(rest.truth()?).is_some(),
                "shape" => shape.replace(rest.sizes()?).is_some(),
                _ => return None,
            };
            if was_there || (rest.take(',').is_none() && !rest.0.trim_start().starts_with('}')) {
                return None;
            }
        }
        rest.0.trim().is_empty().then_some(())?;
        Some(Self {
            descr: descr?,
            is_fortran_order: order?,
            shape: shape?,
        })
    }
}

/// The text that is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Takes `wanted`, and the spaces before it.
    fn take(&mut self, wanted: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(wanted)?;
        Some(())
    }

    /// Takes as much as `belongs` to a word, and the spaces before it.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let text = self.0.trim_start();
        let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        word
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let quote = ['\'', '"']
            .into_iter()
            .find(|&quote| self.take(quote).is_some())?;
        let (text, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        Some(text)
    }

    /// A name, or the list of a structured type up to its last bracket.
    fn descr(&mut self) -> Option<String> {
        if !self.0.trim_start().starts_with('[') {
            return self.quoted().map(str::to_owned);
        }
        let text = self.0.trim_start();
        let mut depth = 0_u32;
        let end = text.find(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let (list, rest) = text.split_at(end + 1);
        self.0 = rest;
        Some(list.to_owned())
    }

    fn truth(&mut self) -> Option<bool> {
        match self.word(char::is_alphabetic) {
            "True" => Some(true),
            "False" => Some(false),
            _ => None,
        }
    }

    fn sizes(&mut self) -> Option<Vec<u64>> {
        let mut sizes = Vec::new();
        self.take('(')?;
        while self.take(')').is_none() {
            sizes.push(self.word(|c| c.is_ascii_digit()).parse().ok()?);
            if self.take(',').is_none() && !self.0.trim_start().starts_with(')') {
                return None;
            }
        }
        Some(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn keys_come_in_any_order_and_either_quotes() {
        let want = Header {
            descr: "|u1".to_owned(),
            is_fortran_order: true,
            shape: vec![60_000, 28],
        };
        for text in [
            "{'descr': '|u1', 'fortran_order': True, 'shape': (60000, 28), }  \n",
            "{\"shape\":(60000,28,),\"descr\":\"|u1\",\"fortran_order\":True}",
        ] {
            assert_eq!(Header::parse(text).as_ref(), Some(&want), "{text}");
        }
    }

    #[test]
    fn a_structured_type_is_kept_as_it_stands() {
        let text = "{'descr': [('a', '<f4', (2,)), ('b', [('c', '|i1')])], \
                    'fortran_order': False, 'shape': ()}";
        let header = Header::parse(text).unwrap();
        assert_eq!(header.descr, "[('a', '<f4', (2,)), ('b', [('c', '|i1')])]");
        assert_eq!(header.shape, []);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "{}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more",
            "{'descr': '<f4', 'fortran_order': false, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
            "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'order': 'C', 'shape': (1,)}",
            "{'descr': ['<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        ] {
            assert_eq!(Header::parse(text), None, "{text}");
        }
    }
}
