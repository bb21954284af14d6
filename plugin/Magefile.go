//go:build mage
// +build mage

package main

import (
	"os"

	// mage:import
	build "github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/magefile/mage/mg"
)

// Default configures the default target.
var Default = Platforms

// Platforms builds for every platform that the package is for. (The SDK's BuildAll has 32-bit ARM instead of Windows on ARM.)
func Platforms() {
	b := build.Build{}
	mg.SerialDeps(b.Linux, b.LinuxARM64, b.Darwin, b.DarwinARM64, b.Windows, mg.F(b.Custom, "windows", "arm64"))
}

// init lets tools/package.ts build into a folder of its own, so that packing never meets what a developer has in dist/.
func init() {
	_ = build.SetBeforeBuildCallback(func(cfg build.Config) (build.Config, error) {
		cfg.OutputBinaryPath = os.Getenv("SIGHTLINE_PLUGIN_DIST")
		return cfg, nil
	})
}
