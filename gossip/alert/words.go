package alert

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// words are the fixed words of one language: what must be right even if the
// text of an alert is wrong, old or still in another language.
type words struct {
	alert       string
	update      string
	allClear    string
	over        string // a sentence that explains the all-clear
	withdrawal  string
	noDanger    string // a sentence that explains the withdrawal
	exercise    string
	test        string
	unconfirmed string
	until       string
	from        string
	clock       string // what follows a time of day
	andMore     string
	day         string // layout of day and time
}

// vocabulary holds the languages in which warnings are issued in Germany, by
// primary subtag (BCP 47); German and English for everything else.
var vocabulary = map[string]words{
	"de": {"Warnung", "Aktualisierung", "Entwarnung", "Die Gefahr ist vorbei.", "Rücknahme (Fehlalarm)", "Es besteht keine Gefahr.",
		"ÜBUNG", "PROBEALARM", "noch nicht bestätigt", "bis", "ab", " Uhr", "u. a.", "02.01. 15:04"},
	simple: {"Warnung", "Neue Information", "Entwarnung", "Die Gefahr ist vorbei.", "Falscher Alarm", "Es gibt keine Gefahr.",
		"ÜBUNG", "PROBE-ALARM", "noch nicht sicher", "bis", "ab", " Uhr", "und mehr", "02.01. 15:04"},
	"en": {"Warning", "Update", "All-clear", "The danger is over.", "Withdrawn (false alarm)", "There is no danger.",
		"EXERCISE", "TEST ALERT", "not yet confirmed", "until", "from", "", "and more", "2 Jan 15:04"},
	"fr": {"Alerte", "Mise à jour", "Fin d'alerte", "Le danger est passé.", "Annulation (fausse alerte)", "Il n'y a pas de danger.",
		"EXERCICE", "ALERTE TEST", "pas encore confirmé", "jusqu'au", "à partir du", "", "etc.", "02/01 15:04"},
	"es": {"Alerta", "Actualización", "Fin de la alerta", "El peligro ha pasado.", "Anulación (falsa alarma)", "No hay peligro.",
		"SIMULACRO", "ALERTA DE PRUEBA", "aún no confirmado", "hasta", "desde", "", "y más", "02/01 15:04"},
	"pl": {"Ostrzeżenie", "Aktualizacja", "Odwołanie alarmu", "Zagrożenie minęło.", "Wycofanie (fałszywy alarm)", "Nie ma zagrożenia.",
		"ĆWICZENIA", "ALARM PRÓBNY", "jeszcze niepotwierdzone", "do", "od", "", "i inne", "02.01. 15:04"},
	"tr": {"Uyarı", "Güncelleme", "Tehlike geçti", "Tehlike sona erdi.", "Geri çekildi (yanlış alarm)", "Tehlike yok.",
		"TATBİKAT", "DENEME ALARMI", "henüz doğrulanmadı", "bitiş", "başlangıç", "", "vb.", "02.01. 15:04"},
	"ru": {"Предупреждение", "Обновление", "Отбой тревоги", "Опасность миновала.", "Отмена (ложная тревога)", "Опасности нет.",
		"УЧЕНИЯ", "ПРОБНАЯ ТРЕВОГА", "ещё не подтверждено", "до", "с", "", "и др.", "02.01. 15:04"},
	"uk": {"Попередження", "Оновлення", "Відбій тривоги", "Небезпека минула.", "Скасування (хибна тривога)", "Небезпеки немає.",
		"НАВЧАННЯ", "ПРОБНА ТРИВОГА", "ще не підтверджено", "до", "з", "", "та ін.", "02.01. 15:04"},
	"ar": {"تحذير", "تحديث", "زوال الخطر", "انتهى الخطر.", "إلغاء (إنذار كاذب)", "لا يوجد خطر.",
		"تمرين", "إنذار تجريبي", "لم يتم التأكيد بعد", "حتى", "من", "", "وغيرها", "02/01 15:04"},
}

// simple is Leichte Sprache. BCP 47 has the variant "simple"; MoWaS writes
// "de-LS", which is German as in Lesotho.
const simple = "de-simple"

// LanguageOf brings a language tag into the form under which fixed words are
// kept: primary subtag in lower case, "de-simple" for Leichte Sprache. An absent
// tag is CAP's default, English.
func LanguageOf(tag string) string {
	tag = strings.ToLower(strings.TrimSpace(tag))
	switch tag {
	case "":
		tag = strings.ToLower(cap.DefaultLanguage)
	case "de-ls", "de-simple", "de-leicht", "de-de-simple":
		return simple
	}
	primary, _, _ := strings.Cut(tag, "-")
	return primary
}

// Speaks reports whether there are fixed words in the language of a tag.
func Speaks(tag string) bool {
	_, ok := vocabulary[LanguageOf(tag)]
	return ok
}

// KindIn names a kind in the language of a tag, English where it has no words.
func KindIn(tag string, k Kind) string { return wordsIn(LanguageOf(tag)).kind(k) }

// EndingIn is the sentence by which an all-clear or a withdrawal explains itself.
func EndingIn(tag string, k Kind) string { return wordsIn(LanguageOf(tag)).ending(k) }

// ExerciseIn is the word that marks a drill.
func ExerciseIn(tag string) string { return wordsIn(LanguageOf(tag)).exercise }

// wordsIn returns the fixed words of a language, English ones if it has none.
func wordsIn(language string) words {
	if w, ok := vocabulary[language]; ok {
		return w
	}
	return vocabulary["en"]
}

// kind names what an alert is.
func (w words) kind(k Kind) string {
	switch k {
	case KindUpdate:
		return w.update
	case KindAllClear:
		return w.allClear
	case KindWithdrawal:
		return w.withdrawal
	}
	return w.alert
}

// ending is the sentence that an alert which ends an incident says instead of
// its own text.
func (w words) ending(k Kind) string {
	if k == KindWithdrawal {
		return w.noDanger
	}
	return w.over
}

// moment writes a time of an alert in the offset of its author, who knows the
// clocks on the walls; UTC where it names none.
func (w words) moment(t cap.Time) string {
	v, err := t.Parse()
	if err != nil {
		return ""
	}
	if _, ok := t.Offset(); !ok {
		return v.UTC().Format(w.day) + " UTC"
	}
	return v.Format(w.day) + w.clock
}

// Warnstufe is the German level of a severity: 1 acute danger to life, 2 serious
// danger, 3 information. Severities below Severe are information.
func Warnstufe(severity cap.Severity) int {
	switch severity {
	case cap.Extreme:
		return 1
	case cap.Severe:
		return 2
	}
	return 3
}

// duration is an age for people; in German as it follows "vor" and "seit".
func duration(seconds uint64, german bool) string {
	hours, minutes := "h", "min"
	if german {
		hours = "Std."
		minutes = "Min."
	}
	switch {
	case seconds < 3600:
		return fmt.Sprintf("%d %s", seconds/60, minutes)
	case seconds < 48*3600:
		return fmt.Sprintf("%d %s", seconds/3600, hours)
	case german:
		return fmt.Sprintf("%d Tagen", seconds/86400)
	}
	return fmt.Sprintf("%d days", seconds/86400)
}
