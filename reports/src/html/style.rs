//! How the page looks: on light and dark ground, on wide and narrow screens, on paper.

pub(super) const CSS: &str = include_str!("style.css");
