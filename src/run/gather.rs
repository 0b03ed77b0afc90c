//! The task that gathers facts at the start of a play.

use crate::playbook::{Action, Keywords, Play, Task};
use crate::source::Place;
use crate::yaml::{Data, Map, Node};
use std::sync::Arc;

/// Returns the task that gathers facts, unless the play says that none are wanted.
pub(super) fn task(play: &Play) -> Option<Arc<Task>> {
    let place = play
        .gather_facts
        .as_ref()
        .map_or(&play.place, |node| &node.place);
    let mut keywords = Keywords::default();
    match play.gather_facts.as_ref().map(|node| &node.data) {
        Some(Data::Bool(false)) => return None,
        Some(Data::Text(_)) => keywords.when.extend(play.gather_facts.clone()),
        _ => {}
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
