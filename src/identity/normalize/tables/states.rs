//! States and provinces.

/// ANSI codes: the states, the District of Columbia, the territories, and the armed forces' mail.
#[rustfmt::skip]
pub(crate) const UNITED_STATES_CODES: &[&str] = &[
    "aa", "ae", "ak", "al", "ap", "ar", "as", "az", "ca", "co", "ct", "dc", "de", "fl", "ga", "gu", "hi",
    "ia", "id", "il", "in", "ks", "ky", "la", "ma", "md", "me", "mi", "mn", "mo", "mp", "ms", "mt", "nc",
    "nd", "ne", "nh", "nj", "nm", "nv", "ny", "oh", "ok", "or", "pa", "pr", "ri", "sc", "sd", "tn", "tx",
    "ut", "va", "vi", "vt", "wa", "wi", "wv", "wy",
];

/// Folded names of states and territories.
#[rustfmt::skip]
pub(crate) const UNITED_STATES: &[(&str, &str)] = &[
    ("alabama", "al"), ("alaska", "ak"), ("americansamoa", "as"), ("arizona", "az"), ("arkansas", "ar"),
    ("armedforcesamericas", "aa"), ("armedforceseurope", "ae"), ("armedforcespacific", "ap"),
    ("california", "ca"), ("colorado", "co"), ("commonwealthofkentucky", "ky"),
    ("commonwealthofmassachusetts", "ma"), ("commonwealthofpennsylvania", "pa"),
    ("commonwealthofpuertorico", "pr"), ("commonwealthofthenorthernmarianaislands", "mp"),
    ("commonwealthofvirginia", "va"), ("connecticut", "ct"), ("delaware", "de"),
    ("districtofcolumbia", "dc"), ("florida", "fl"), ("georgia", "ga"), ("guam", "gu"), ("hawaii", "hi"),
    ("idaho", "id"), ("illinois", "il"), ("indiana", "in"), ("iowa", "ia"), ("kansas", "ks"),
    ("kentucky", "ky"), ("louisiana", "la"), ("maine", "me"), ("maryland", "md"), ("massachusetts", "ma"),
    ("michigan", "mi"), ("minnesota", "mn"), ("mississippi", "ms"), ("missouri", "mo"), ("montana", "mt"),
    ("nebraska", "ne"), ("nevada", "nv"), ("newhampshire", "nh"), ("newjersey", "nj"), ("newmexico", "nm"),
    ("newyork", "ny"), ("newyorkstate", "ny"), ("northcarolina", "nc"), ("northdakota", "nd"),
    ("northernmarianaislands", "mp"), ("ohio", "oh"), ("oklahoma", "ok"), ("oregon", "or"),
    ("pennsylvania", "pa"), ("puertorico", "pr"), ("rhodeisland", "ri"), ("southcarolina", "sc"),
    ("southdakota", "sd"), ("stateofnewyork", "ny"), ("tennessee", "tn"), ("texas", "tx"),
    ("unitedstatesvirginislands", "vi"), ("usvirginislands", "vi"), ("utah", "ut"), ("vermont", "vt"),
    ("virginia", "va"), ("virginislands", "vi"), ("washington", "wa"), ("washingtondc", "dc"),
    ("washingtonstate", "wa"), ("westvirginia", "wv"), ("wisconsin", "wi"), ("wyoming", "wy"),
];

/// Folded customary abbreviations, read only where the country is known to be the United States.
#[rustfmt::skip]
pub(crate) const UNITED_STATES_SHORT: &[(&str, &str)] = &[
    ("ala", "al"), ("ariz", "az"), ("ark", "ar"), ("cal", "ca"), ("cali", "ca"), ("calif", "ca"),
    ("colo", "co"), ("conn", "ct"), ("del", "de"), ("fla", "fl"), ("ill", "il"), ("ind", "in"),
    ("kan", "ks"), ("kans", "ks"), ("mass", "ma"), ("mich", "mi"), ("minn", "mn"), ("miss", "ms"),
    ("mont", "mt"), ("ncar", "nc"), ("ndak", "nd"), ("neb", "ne"), ("nebr", "ne"), ("nev", "nv"),
    ("nmex", "nm"), ("okla", "ok"), ("ore", "or"), ("oreg", "or"), ("penn", "pa"), ("penna", "pa"),
    ("scar", "sc"), ("sdak", "sd"), ("tenn", "tn"), ("tex", "tx"), ("wash", "wa"), ("wis", "wi"),
    ("wisc", "wi"), ("wva", "wv"), ("wyo", "wy"),
];

/// Codes of the Canadian provinces and territories.
#[rustfmt::skip]
pub(crate) const CANADA_CODES: &[&str] = &[
    "ab", "bc", "mb", "nb", "nl", "ns", "nt", "nu", "on", "pe", "qc", "sk", "yt",
];

/// Folded names of the Canadian provinces and territories, English and French.
#[rustfmt::skip]
pub(crate) const CANADA: &[(&str, &str)] = &[
    ("alberta", "ab"), ("alta", "ab"), ("britishcolumbia", "bc"), ("colombiebritannique", "bc"),
    ("ileduprinceedouard", "pe"), ("labrador", "nl"), ("man", "mb"), ("manitoba", "mb"),
    ("newbrunswick", "nb"), ("newfoundland", "nl"), ("newfoundlandandlabrador", "nl"),
    ("newfoundlandlabrador", "nl"), ("northwestterritories", "nt"), ("nouveaubrunswick", "nb"),
    ("nouvelleecosse", "ns"), ("novascotia", "ns"), ("nunavut", "nu"), ("ont", "on"), ("ontario", "on"),
    ("pei", "pe"), ("princeedwardisland", "pe"), ("que", "qc"), ("quebec", "qc"), ("sask", "sk"),
    ("saskatchewan", "sk"), ("terreneuve", "nl"), ("terreneuveetlabrador", "nl"),
    ("territoireduyukon", "yt"), ("territoiresdunordouest", "nt"), ("yukon", "yt"),
    ("yukonterritory", "yt"),
];
