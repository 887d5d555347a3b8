//! Data channels as the tests see them, whichever stack opens them.

/// What a peer asks for when it opens a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) label: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) ordered: bool,
    /// None for a reliable channel.
    pub(crate) max_retransmits: Option<u16>,
}

impl Channel {
    pub(crate) const fn reliable(label: &'static str) -> Self {
        Channel { label, protocol: "", ordered: true, max_retransmits: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) is_text: bool,
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn text(text: &str) -> Self {
        Message { is_text: true, bytes: text.into() }
    }

    pub(crate) fn binary(bytes: Vec<u8>) -> Self {
        Message { is_text: false, bytes }
    }
}

/// A peer's channels, by the stack's own names for them, and what came on them.
#[derive(Debug)]
pub(crate) struct Channels<Id> {
    ids: Vec<Id>,
    open: Vec<bool>,
    pub(crate) messages: Vec<(usize, Message)>,
}

impl<Id: PartialEq + Copy> Channels<Id> {
    pub(crate) fn new(ids: Vec<Id>) -> Self {
        let open = vec![false; ids.len()];
        Channels { ids, open, messages: Vec::new() }
    }

    pub(crate) fn id(&self, index: usize) -> Id {
        self.ids[index]
    }

    pub(crate) fn set_open(&mut self, id: Id, open: bool) {
        let index = self.index(id);
        self.open[index] = open;
    }

    pub(crate) fn open(&self) -> Vec<bool> {
        self.open.clone()
    }

    pub(crate) fn take(&mut self, id: Id, message: Message) {
        let index = self.index(id);
        assert!(self.open[index], "a message on a channel that isn't open");
        self.messages.push((index, message));
    }

    fn index(&self, id: Id) -> usize {
        self.ids.iter().position(|own| *own == id).expect("the core opens no channels")
    }
}
