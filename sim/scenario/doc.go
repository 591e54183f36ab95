// Package scenario holds what a simulation plays: a [Scenario] names the places,
// who lives there and runs the program, how they move and over what links their
// devices talk, what fails and when, which alerts are issued, and who attacks.
//
// A scenario is a YAML file that schema.json describes. [Parse] reads one and says
// of every error where it stands and what is wanted. SCENARIO.md explains the
// format.
package scenario
