//! Gathers faults, so that one pass reports them all.

use std::cell::RefCell;

use super::{Diagnostic, Diagnostics, Place, nearest};
use crate::overrides::SOURCE_NAME;

/// Most names that a hint lists: more would bury the message.
const SHOWN: usize = 20;

/// The faults found so far. Shared by reference: every reader reports into the same list.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    found: RefCell<Vec<Diagnostic>>,
}

impl Faults {
    /// Reports a fault with a hint.
    pub(crate) fn report(&self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        let fault = Diagnostic { place: place.clone(), message: message.into(), hint: hint.into() };
        self.found.borrow_mut().push(fault);
    }

    /// Reports a name that isn't among `known`; the hint is the nearest of them, or all when few.
    pub(crate) fn report_unknown(&self, place: &Place, what: &str, name: &str, known: &[&str]) {
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "there are none".to_owned(),
            None if known.len() > SHOWN => {
                format!("known: {}, and {} more", known[..SHOWN].join(", "), known.len() - SHOWN)
            }
            None => format!("known: {}", known.join(", ")),
        };
        self.report(place, format!("{what} `{name}`"), hint);
    }

    /// Reports a part of the format that this version doesn't carry out.
    pub(crate) fn report_unsupported(&self, place: &Place, what: &str) {
        let hint = "the format defines it, this version doesn't carry it out; take it out to run";
        self.report(place, format!("{what} is not supported yet"), hint);
    }

    pub(crate) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// `value` if nothing was found wrong, else the faults.
    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.is_empty() { Ok(value) } else { Err(self.into_diagnostics()) }
    }

    /// The faults, of which there is at least one: those of the file first, in its order.
    pub(crate) fn into_diagnostics(self) -> Diagnostics {
        let mut faults = self.found.into_inner();
        faults.sort_by_key(|fault| (fault.file() == SOURCE_NAME, fault.place.span.start));
        // A default read twice or a pattern checked per member says the same thing again.
        faults
            .dedup_by_key(|fault| (fault.file().to_owned(), fault.place.span.clone(), fault.message.clone()));
        Diagnostics { faults }
    }

    /// The first fault found.
    pub(crate) fn into_first(self) -> Option<Diagnostic> {
        self.found.into_inner().into_iter().next()
    }
}
