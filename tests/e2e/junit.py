"""junit.py FILE: is it JUnit as CI servers read it? Elements, attributes, their types, one verdict a case, sums that add up."""
import re
import sys
import xml.etree.ElementTree as xml

NUMBER = re.compile(r"\d+(\.\d+)?$")
COUNT = re.compile(r"\d+$")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
TEXT = re.compile(r".+$", re.S)
SCHEMA = {  # element: (attributes, children with (least, most) of each)
    "testsuites": ({}, {"testsuite": (1, None)}),
    "testsuite": ({"name": TEXT, "tests": COUNT, "failures": COUNT, "errors": COUNT, "skipped": COUNT, "time": NUMBER,
                   "timestamp": DATE, "hostname": TEXT}, {"properties": (0, 1), "testcase": (0, None)}),
    "properties": ({}, {"property": (0, None)}),
    "property": ({"name": TEXT, "value": TEXT}, {}),
    "testcase": ({"classname": TEXT, "name": TEXT, "time": NUMBER},
                 {"failure": (0, 1), "error": (0, 1), "skipped": (0, 1), "system-out": (0, 1), "system-err": (0, 1)}),
    "failure": ({"message": TEXT, "type": TEXT}, {}),
    "error": ({"message": TEXT, "type": TEXT}, {}),
    "skipped": ({}, {}),
    "system-out": ({}, {}),
    "system-err": ({}, {}),
}


def validate(element):
    attributes, children = SCHEMA[element.tag]
    assert set(element.attrib) == set(attributes), (element.tag, element.attrib)
    for name, pattern in attributes.items():
        assert pattern.match(element.attrib[name]), (element.tag, name, element.attrib[name])
    tags = [child.tag for child in element]
    for tag in tags:
        assert tag in children, (element.tag, tag)
    for tag, (least, most) in children.items():
        assert tags.count(tag) >= least and (most is None or tags.count(tag) <= most), (element.tag, tag)
    for child in element:
        validate(child)


root = xml.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites"
validate(root)
for suite in root:
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases)
    names = [(case.attrib["classname"], case.attrib["name"]) for case in cases]
    assert len(set(names)) == len(names), "two cases of one name"
    for verdict in "failure", "error", "skipped":
        key = verdict if verdict == "skipped" else verdict + "s"
        assert int(suite.attrib[key]) == sum(case.find(verdict) is not None for case in cases), key
    for case in cases:
        assert sum(case.find(v) is not None for v in ("failure", "error", "skipped")) <= 1
