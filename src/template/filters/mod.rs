//! The filters, in one file per theme; this is their list.

mod arithmetic;
mod chance;
mod choice;
mod clock;
mod combinations;
mod encode;
mod group;
mod html;
mod json;
pub(super) mod layout;
pub(super) mod lists;
pub(super) mod maps;
mod order;
mod passwords;
mod paths;
mod regexes;
pub(super) mod rows;
mod select;
mod set_order;
mod sets;
mod sizes;
pub(super) mod strings;
mod vault;
mod wordwrap;
mod yaml;

use super::call::{Callable, callable};

pub(super) use passwords::random_salt;

/// All filters, sorted by name.
pub(super) const FILTERS: &[Callable] = &[
    callable("abs", "value", arithmetic::abs),
    callable("attr", "value name", maps::attr),
    callable("b64decode", "value encoding urlsafe", encode::b64decode),
    callable("b64encode", "value encoding urlsafe", encode::b64encode),
    callable("basename", "value", paths::basename),
    callable("batch", "value linecount fill_with", rows::batch),
    callable("bool", "value", choice::bool),
    callable("capitalize", "value", strings::capitalize),
    callable("center", "value width", layout::center),
    callable("checksum", "value", encode::sha1),
    callable("combinations", "value r", combinations::combinations),
    callable("combine", "value * **", maps::combine),
    callable(
        "comment",
        "value style newline beginning prefix prefix_count decoration postfix postfix_count end",
        layout::comment,
    ),
    callable("commonpath", "value", paths::commonpath),
    callable("count", "value", lists::length),
    callable("d", "?value default_value boolean", choice::default),
    callable("default", "?value default_value boolean", choice::default),
    callable("dict2items", "value key_name value_name", maps::dict2items),
    callable(
        "dictsort",
        "value case_sensitive by reverse",
        maps::dictsort,
    ),
    callable("difference", "value b", sets::difference),
    callable("dirname", "value", paths::dirname),
    callable("e", "value", html::escape),
    callable("escape", "value", html::escape),
    callable("expanduser", "value", paths::expanduser),
    callable("expandvars", "value", paths::expandvars),
    callable("extract", "value container morekeys", maps::extract),
    callable("fileglob", "value", paths::fileglob),
    callable("filesizeformat", "value binary", sizes::filesizeformat),
    callable("first", "value", lists::first),
    callable("flatten", "value levels skip_nulls", lists::flatten),
    callable("float", "value default", arithmetic::float),
    callable("forceescape", "value", html::forceescape),
    callable("format", "value * **", strings::format),
    callable("from_json", "value", json::from_json),
    callable("from_yaml", "value", yaml::from_yaml),
    callable("from_yaml_all", "value", yaml::from_yaml_all),
    callable(
        "groupby",
        "value attribute default case_sensitive",
        order::groupby,
    ),
    callable("hash", "value hashtype", encode::hash),
    callable("human_readable", "value isbits unit", sizes::human_readable),
    callable(
        "human_to_bytes",
        "value default_unit isbits",
        sizes::human_to_bytes,
    ),
    callable("indent", "value width first blank", layout::indent),
    callable("int", "value default base", arithmetic::int),
    callable("intersect", "value b", sets::intersect),
    callable("items", "?value", maps::items),
    callable("items2dict", "value key_name value_name", maps::items2dict),
    callable("join", "value d attribute", lists::join),
    callable("last", "value", lists::last),
    callable("length", "value", lists::length),
    callable("list", "value", lists::list),
    callable("log", "value base", arithmetic::log),
    callable("lower", "value", strings::lower),
    callable("mandatory", "?value msg", choice::mandatory),
    callable("map", "value * **", select::map),
    callable("max", "value case_sensitive attribute", order::max),
    callable("md5", "value", encode::md5),
    callable("min", "value case_sensitive attribute", order::min),
    callable("normpath", "value", paths::normpath),
    callable(
        "password_hash",
        "value hashtype salt salt_size rounds ident",
        passwords::password_hash,
    ),
    callable("path_join", "value", paths::path_join),
    callable("permutations", "value r", combinations::permutations),
    callable("pow", "value y", arithmetic::pow),
    callable("pprint", "value", strings::pprint),
    callable("product", "value * **", combinations::product),
    callable("quote", "value", strings::quote),
    callable("random", "value start step seed", chance::random),
    callable("realpath", "value", paths::realpath),
    callable("regex_escape", "value re_type", regexes::regex_escape),
    callable(
        "regex_findall",
        "value regex multiline ignorecase",
        regexes::regex_findall,
    ),
    callable(
        "regex_replace",
        "value pattern replacement ignorecase multiline count mandatory_count",
        regexes::regex_replace,
    ),
    callable("regex_search", "value regex * **", regexes::regex_search),
    callable("reject", "value * **", select::reject),
    callable("rejectattr", "value attribute * **", select::rejectattr),
    callable(
        "rekey_on_member",
        "value key duplicates",
        maps::rekey_on_member,
    ),
    callable("relpath", "value start", paths::relpath),
    callable("replace", "value old new count", strings::replace),
    callable("reverse", "value", lists::reverse),
    callable("root", "value base", arithmetic::root),
    callable("round", "value precision method", arithmetic::round),
    callable("safe", "value", html::safe),
    callable("select", "value * **", select::select),
    callable("selectattr", "value attribute * **", select::selectattr),
    callable("sha1", "value", encode::sha1),
    callable("shuffle", "value seed", chance::shuffle),
    callable("slice", "value slices fill_with", rows::slice),
    callable(
        "sort",
        "value reverse case_sensitive attribute",
        order::sort,
    ),
    callable("split", "value sep maxsplit", strings::split),
    callable("splitext", "value", paths::splitext),
    callable("strftime", "value second utc", clock::strftime),
    callable("string", "value", strings::string),
    callable("striptags", "value", html::striptags),
    callable(
        "subelements",
        "value subelements skip_missing",
        rows::subelements,
    ),
    callable("sum", "value attribute start", arithmetic::sum),
    callable(
        "symmetric_difference",
        "value b",
        sets::symmetric_difference,
    ),
    callable(
        "ternary",
        "value true_val false_val none_val",
        choice::ternary,
    ),
    callable("title", "value", strings::title),
    callable("to_datetime", "value format", clock::to_datetime),
    callable("to_json", "value **", json::to_json),
    callable(
        "to_nice_json",
        "value indent sort_keys **",
        json::to_nice_json,
    ),
    callable("to_nice_yaml", "value indent **", yaml::to_nice_yaml),
    callable("to_uuid", "value namespace", encode::to_uuid),
    callable("to_yaml", "value **", yaml::to_yaml),
    callable("tojson", "value indent", json::tojson),
    callable("trim", "value chars", strings::trim),
    callable(
        "truncate",
        "value length killwords end leeway",
        layout::truncate,
    ),
    callable("type_debug", "?value", choice::type_debug),
    callable("union", "value b", sets::union),
    callable("unique", "value case_sensitive attribute", lists::unique),
    callable("unvault", "value secret vault_id vaultid", vault::unvault),
    callable("upper", "value", strings::upper),
    callable("urldecode", "value", encode::urldecode),
    callable("urlencode", "value", encode::urlencode),
    callable("urlsplit", "value query", encode::urlsplit),
    callable(
        "vault",
        "value secret salt vault_id wrap_object vaultid",
        vault::vault,
    ),
    callable("win_basename", "value", paths::win_basename),
    callable("win_dirname", "value", paths::win_dirname),
    callable("win_splitdrive", "value", paths::win_splitdrive),
    callable("wordcount", "value", strings::wordcount),
    callable(
        "wordwrap",
        "value width break_long_words wrapstring break_on_hyphens",
        wordwrap::wordwrap,
    ),
    callable("xmlattr", "value autospace", html::xmlattr),
    callable("zip", "value *", rows::zip),
    callable("zip_longest", "value * **", rows::zip_longest),
];
