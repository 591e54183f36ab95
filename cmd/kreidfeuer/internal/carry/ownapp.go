package carry

import (
	"os"
	"runtime"

	"github.com/kreidfeuer/kreidfeuer/node/web"
)

// OwnApp is the program that runs, as a file to hand on.
func OwnApp() (*web.Apps, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	platform := runtime.GOOS + "-" + runtime.GOARCH
	switch {
	case runtime.GOARCH == "arm":
		platform = runtime.GOOS + "-armv7" // what make dist builds for it
	case runtime.GOOS == "windows":
		platform += ".exe"
	}
	return web.OwnApp(path, platform)
}
