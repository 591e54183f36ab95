package up

import (
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
)

const radioHelp = "With --radio warnings in force, their ends and the certificates they rest on also go\n" +
	"over a radio modem that speaks KISS, within the duty cycle that the law allows, and\n" +
	"what it hears is checked like everything else. The modem's own settings must match\n" +
	"--radio-preset, by which the time on the air is counted.\n\n"

// defaultDuty is in percent.
const defaultDuty = 100 * airtime.DefaultDuty

// radioConfig is the radio that the flags name, nil if none. A modem that is not
// plugged in yet is no error: it is tried again.
func (u *upper) radioConfig() (*radio.Config, error) {
	path := u.c.String("radio")
	if path == "" {
		return nil, nil
	}
	modem, err := airtime.Preset(u.c.String("radio-preset"))
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "--radio-preset: %w", err)
	}
	percent := u.c.Float64("radio-duty")
	if percent <= 0 || percent > 100 {
		return nil, exit.Errorf(exit.Usage, "--radio-duty %v: want percent, above 0 and at most 100", percent).
			Hintf("in Europe 1 on 868.0 to 868.6 MHz, 10 on 869.4 to 869.65 MHz")
	}
	open := func() (radio.Link, error) { return radio.OpenSerial(path) }
	return &radio.Config{Open: open, Modem: modem, Duty: percent / 100}, nil
}
