//! Inventories written as scripts: the result of the script is read like the same in YAML.

use super::{Draft, yaml_file};
use crate::host::Cancel;
use crate::script::{Budget, Limits, Program, engine, to_value};
use crate::source::{Problem, Result, SourceFile};
use crate::yaml::{Data, Node};
use std::sync::Arc;

/// Runs a script and adds the groups that it returns.
pub(super) fn add(draft: &mut Draft, file: &Arc<SourceFile>) -> Result<()> {
    let folder = file.folder();
    let program = Program::of_project(&file.path, &folder)?;
    let budget = Budget::new(Limits::default(), Cancel::default());
    let result = program.run(&engine(Limits::default()), budget);
    let result = result.map_err(|diagnosis| diagnosis.problem)?;
    let place = program.end();
    let value = to_value(&result).map_err(|message| Problem::at(&place, message))?;
    let mut node = Node::of(&value, &place);
    let Data::Map(groups) = &mut node.data else {
        let problem = node.unexpected("what an inventory returns", "a map of groups");
        return Err(problem.into());
    };
    groups.iter_mut().for_each(|(_, group)| name_members(group));
    yaml_file::read(draft, groups);
    Ok(())
}

/// Converts lists of names in `hosts` and `children` to their YAML form; unlike a script's map, a
/// list keeps its order.
fn name_members(group: &mut Node) {
    let Data::Map(sections) = &mut group.data else {
        return;
    };
    for (key, section) in sections {
        let members = matches!(key.as_text(), Some("hosts" | "children"));
        let names = section
            .as_list()
            .filter(|names| members && names.iter().all(|name| name.as_text().is_some()));
        if let Some(names) = names {
            let nothing = |name: &Node| Node {
                data: Data::Null,
                place: name.place.clone(),
            };
            let entries = names.iter().map(|name| (name.clone(), nothing(name)));
            section.data = Data::Map(entries.collect());
        }
        if let (Some("children"), Data::Map(children)) = (key.as_text(), &mut section.data) {
            children
                .iter_mut()
                .for_each(|(_, child)| name_members(child));
        }
    }
}
