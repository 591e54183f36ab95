package web

// appWords are the words of the page that hands the program on.
type appWords struct {
	Title, For, File string
	Intro            []string
	Own              string // said where only this box's own program is there
	Steps            []appSteps
	Wait             string
	PosterTitle      string
	PosterLines      []string
	NoRoot           string
	Systems          map[string]string
}

type appSteps struct {
	Title string
	Lines []string
}

var systems = map[string]string{
	"linux-amd64": "Linux (PC)", "linux-arm64": "Linux (ARM 64: Raspberry Pi 3+)", "linux-armv7": "Linux (ARM 32: Raspberry Pi)",
	"windows-amd64": "Windows (PC)", "darwin-amd64": "macOS (Intel)", "darwin-arm64": "macOS (Apple M1+)",
}

var germanApp = appWords{
	Title: "Kreidfeuer mitnehmen", For: "Für", File: "Datei",
	Intro: []string{
		"Eine Datei, keine Installation, kein Konto, kein Internet. Mit dem Programm prüft Ihr eigenes Gerät jede Warnung selbst und gibt sie an Nachbarn weiter.",
		"Vorsicht: Wer diese Box betreibt, kann auch das Programm fälschen. Vergleichen Sie die Prüfsumme (SHA-256) mit einer zweiten Quelle, zum Beispiel einem Aushang der Gemeinde oder einem Gerät, dem Sie schon vertrauen.",
	},
	Own: "Diese Box hat nur ihr eigenes Programm. Für andere Systeme fragen Sie eine andere Box.",
	Steps: []appSteps{
		{"Windows", []string{"Datei speichern. Warnt Windows: „Weitere Informationen“, dann „Trotzdem ausführen“.", "Prüfen in der Eingabeaufforderung: certutil -hashfile kreidfeuer-windows-amd64.exe SHA256", "Starten: kreidfeuer-windows-amd64.exe up"}},
		{"macOS", []string{"Datei speichern, Terminal öffnen.", "Prüfen: shasum -a 256 kreidfeuer-darwin-*", "Erlauben: chmod +x DATEI; xattr -d com.apple.quarantine DATEI", "Starten: ./DATEI up"}},
		{"Linux, Raspberry Pi", []string{"Datei speichern.", "Prüfen: sha256sum -c --ignore-missing SHA256SUMS", "Erlauben: chmod +x DATEI", "Starten: ./DATEI up"}},
		{"Danach", []string{"Wurzel anheften: kreidfeuer root pin DATEI --fingerprint FINGERABDRUCK. Den Fingerabdruck mit dem Plakat vergleichen, das an anderer Stelle hängt.", "Ort angeben: kreidfeuer init --place \"Kreis Ahrweiler\" (vor dem ersten Start)."}},
	},
	Wait:        "Die Prüfsummen werden gerade berechnet. Bitte gleich noch einmal laden.",
	PosterTitle: "Echt ist, was diese Wurzel unterschrieben hat",
	PosterLines: []string{"Vergleichen Sie alle Gruppen, nicht nur die ersten. Stimmt eine nicht: nicht anheften, Polizei oder Gemeinde fragen.", "Hängt dieses Plakat nur an einer Stelle, beweist es nichts: Suchen Sie eine zweite, unabhängige."},
	NoRoot:      "Diese Box vertraut noch keiner Wurzel.",
	Systems:     systems,
}

var englishApp = appWords{
	Title: "Take Kreidfeuer along", For: "For", File: "File",
	Intro: []string{
		"One file, no installation, no account, no internet. With the program your own device checks every warning by itself and passes it on to neighbours.",
		"Careful: whoever runs this box can forge the program, too. Compare the checksum (SHA-256) with a second source, such as a notice of the municipality or a device that you trust already.",
	},
	Own: "This box has its own program only. Ask another box for other systems.",
	Steps: []appSteps{
		{"Windows", []string{"Save the file. If Windows warns: \"More info\", then \"Run anyway\".", "Check at the command prompt: certutil -hashfile kreidfeuer-windows-amd64.exe SHA256", "Start: kreidfeuer-windows-amd64.exe up"}},
		{"macOS", []string{"Save the file, open Terminal.", "Check: shasum -a 256 kreidfeuer-darwin-*", "Allow: chmod +x FILE; xattr -d com.apple.quarantine FILE", "Start: ./FILE up"}},
		{"Linux, Raspberry Pi", []string{"Save the file.", "Check: sha256sum -c --ignore-missing SHA256SUMS", "Allow: chmod +x FILE", "Start: ./FILE up"}},
		{"Then", []string{"Pin the root: kreidfeuer root pin FILE --fingerprint FINGERPRINT. Compare the fingerprint with the poster that hangs elsewhere.", "Name your place: kreidfeuer init --place \"Kreis Ahrweiler\" (before the first start)."}},
	},
	Wait:        "The checksums are being computed. Please load again in a moment.",
	PosterTitle: "Genuine is what this root has signed",
	PosterLines: []string{"Compare all groups, not only the first ones. If one differs: do not pin it, ask the police or the municipality.", "If this poster hangs in one place only, it proves nothing: look for a second, independent one."},
	NoRoot:      "This box trusts no root yet.",
	Systems:     systems,
}
