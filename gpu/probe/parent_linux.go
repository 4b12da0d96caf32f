package probe

import (
	"cmp"
	"context"
	"os"
	"slices"

	"gpuconv/gpu"
)

// mostDeaths is how many children one probe starts at most. Each skips the places where earlier ones died; EGL lists at
// most 64 devices.
const mostDeaths = 70

// probe is Open or, if all is true, Devices. For Open it returns what the folder keeps for the request, if there is a
// record that still holds. Otherwise it starts children, one after another, until one finishes or skipping places does
// not help. The bool is false if no child could run.
func (p Prober) probe(ctx context.Context, o gpu.Options, all bool) (Found, bool, error) {
	built := gpu.Providers()
	if _, child := os.LookupEnv(variable); child {
		return Found{}, false, nil // main has not called Child: children would start children without end
	}
	if len(built) == 0 || o.Provider != gpu.DefaultProvider && !slices.Contains(built, o.Provider) {
		return Found{}, false, nil
	}
	r := request{Device: o.Device.String(), Provider: o.Provider.String(), All: all}
	kept := p.record(r)
	if all { // Devices reports the present state: later processes must not use an older record
		kept.forgetEnvironment()
	} else if found, ok := kept.load(); ok {
		return found, true, nil
	}
	var died []gpu.Place
	for range mostDeaths {
		c, err := start(r)
		if err != nil {
			return Found{}, false, nil
		}
		c.listen(ctx, cmp.Or(p.Limit, limit))
		if !c.end && ctx.Err() != nil {
			return Found{}, true, ctx.Err()
		}
		if c.end {
			c.found.Died = died
			if !all && len(died) == 0 && len(c.found.Devices) > 0 && !overridden() {
				kept.save(c.found, c.files)
			}
			return c.found, true, nil
		}
		dead := gpu.Place{Name: c.open.Place, Why: c.death()}
		again := slices.ContainsFunc(r.Without, func(p gpu.Place) bool { return p.Name == dead.Name })
		listing := dead.Name == "" || dead.Name == gpu.Listing
		dead.Name = cmp.Or(dead.Name, "trying drivers")
		died, r.Without = append(died, dead), append(r.Without, dead)
		if listing || again { // without a list of places, or if skipping one does not help, another child would die too
			c.found.Died = died
			return c.found, true, nil
		}
	}
	return Found{Died: died}, true, nil
}

// overrides are the variables that choose a driver.
var overrides = []string{"GALLIUM_DRIVER", "MESA_LOADER_DRIVER_OVERRIDE", "LIBGL_ALWAYS_SOFTWARE", "VK_ICD_FILENAMES",
	"VK_DRIVER_FILES", "LIBGL_DRIVERS_PATH", "LD_PRELOAD"}

// overridden reports whether a variable chooses the driver. Such a driver may depend on more than files: virpipe, for
// one, depends on a server. So its answer is not kept.
func overridden() bool {
	return slices.ContainsFunc(overrides, func(name string) bool { return os.Getenv(name) != "" })
}
