//! The task that gathers facts at the start of a play.

use super::options::Gathering;
use crate::playbook::{Action, Keywords, Play, Task};
use crate::source::Place;
use crate::value;
use crate::yaml::{Data, Map, Node};
use std::sync::Arc;

/// Returns the task that gathers facts, unless the play says in so many words that none are wanted,
/// or does not say that they are where this counts.
pub(super) fn task(play: &Play, gathering: Gathering) -> Option<Arc<Task>> {
    if play.gather_facts.is_none() && gathering == Gathering::Explicit {
        return None;
    }
    let place = play
        .gather_facts
        .as_ref()
        .map_or(&play.place, |node| &node.place);
    let mut keywords = Keywords::default();
    let literal = play.gather_facts.as_ref().map(Node::to_value);
    if literal.as_ref().and_then(value::boolean) == Some(false) {
        return None;
    }
    keywords.tags = vec!["always".to_owned()];
    let mut arguments = Map::new();
    if !play.gather_subset.is_empty() {
        let items = Data::List(play.gather_subset.clone());
        arguments.push((
            text("gather_subset", place),
            Node {
                data: items,
                place: place.clone(),
            },
        ));
    }
    if let Some(path) = &play.fact_path {
        arguments.push((text("fact_path", place), path.clone()));
    }
    Some(Arc::new(Task {
        place: place.clone(),
        name: Some(text("Gathering Facts", place)),
        role: None,
        folder: play.folder.clone(),
        action: Action {
            module: "gather_facts".to_owned(),
            place: place.clone(),
            arguments,
        },
        keywords,
        repeat: None,
        register: None,
        notify: Vec::new(),
        listen: Vec::new(),
        changed_when: None,
        failed_when: None,
        until: None,
        r#async: None,
        poll: None,
    }))
}

fn text(text: &str, place: &Place) -> Node {
    Node {
        data: Data::Text(text.into()),
        place: place.clone(),
    }
}
