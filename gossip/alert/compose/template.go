package compose

import (
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// Languages of the templates. "de-simple" is Leichte Sprache.
const (
	LangGerman  = "de"
	LangSimple  = "de-simple"
	LangEnglish = "en"
)

// Template is what is known beforehand about a hazard. Its texts say {place}
// where the place is to stand.
type Template struct {
	Name      string // on the command line
	Title     string // for people
	Category  []cap.Category
	Response  []cap.ResponseType
	Severity  cap.Severity // suggested
	Urgency   cap.Urgency
	Certainty cap.Certainty
	Lifetime  uint64 // seconds, suggested
	EventCode []cap.NamedValue
	Texts     []Text
}

// Text is what an alert says in one language.
type Text struct {
	Language    string
	Event       string
	Headline    string
	Description string
	Instruction string
}

// Names of coded fields of MoWaS. Only codes are used of which a published
// message shows the meaning beside the text.
const (
	eventCodeName       = "profile:DE-BBK-EVENTCODE"
	instructionCodeName = "instructionCode"
	codeDrinkingWater   = "BBK-EVC-069" // Beeinträchtigung des Trinkwassers
	codeMedia           = "BBK-ISC-009" // Informieren Sie sich in den Medien, zum Beispiel im Lokalradio.
	codeNoDanger        = "BBK-ISC-082" // Es besteht keine Gefahr.
)

// ByName finds a template by its name or title, in any case.
func ByName(name string) (Template, bool) {
	for _, t := range Templates {
		if strings.EqualFold(t.Name, name) || strings.EqualFold(t.Title, name) {
			return t, true
		}
	}
	return Template{}, false
}

// in fills the place into the texts.
func (t *Template) in(place string) []Text {
	r := strings.NewReplacer("{place}", place)
	texts := make([]Text, len(t.Texts))
	for i, x := range t.Texts {
		texts[i] = Text{x.Language, x.Event, r.Replace(x.Headline), r.Replace(x.Description), r.Replace(x.Instruction)}
	}
	return texts
}

const hour = 3600

// Sentences that close every instruction.
const (
	mediaGerman  = "Informieren Sie sich in den Medien, zum Beispiel im Lokalradio."
	mediaSimple  = "Hören Sie Radio."
	mediaEnglish = "Follow the media, for example local radio."
)

// Templates are the hazards a control room meets most, in the order in which
// they are offered. The instructions are concrete, because "avoid travel" has
// cost lives; the officer changes what does not fit.
var Templates = []Template{
	{
		Name: "hochwasser", Title: "Hochwasser", Category: []cap.Category{cap.Met, cap.Geo}, Response: []cap.ResponseType{cap.Evacuate, cap.Avoid},
		Severity: cap.Extreme, Urgency: cap.Immediate, Certainty: cap.Likely, Lifetime: 12 * hour,
		Texts: []Text{
			{LangGerman, "Hochwasser", "Lebensgefahr durch Hochwasser: {place}",
				"In {place} steigt das Wasser schnell. Straßen und Häuser in Flussnähe können überflutet werden.",
				"Verlassen Sie sofort Keller und tief gelegene Räume. Gehen Sie in obere Stockwerke oder auf höheres Gelände. " +
					"Betreten und befahren Sie keine überfluteten Straßen und Brücken. Nehmen Sie Kinder und hilfsbedürftige Nachbarn mit. " +
					"Schalten Sie den Strom in gefährdeten Räumen ab, wenn das gefahrlos möglich ist. " + mediaGerman},
			{LangSimple, "Hochwasser", "Gefahr durch Hochwasser: {place}",
				"Das Wasser steigt schnell. Es ist lebens-gefährlich.",
				"Gehen Sie sofort aus dem Keller. Gehen Sie nach oben: in ein höheres Stockwerk oder auf einen Berg. " +
					"Gehen Sie nicht durch das Wasser. Fahren Sie nicht durch das Wasser. Helfen Sie Ihren Nachbarn. " + mediaSimple},
			{LangEnglish, "Flood", "Flood, danger to life: {place}",
				"Water is rising fast in {place}. Roads and buildings near rivers may be flooded.",
				"Leave basements and low-lying rooms now. Go to upper floors or higher ground. " +
					"Do not walk or drive on flooded roads and bridges. Take children and neighbours who need help with you. " +
					"Switch off electricity in endangered rooms if you can do so safely. " + mediaEnglish},
		},
	},
	{
		Name: "rauch", Title: "Rauch", Category: []cap.Category{cap.Fire, cap.Health}, Response: []cap.ResponseType{cap.Shelter},
		Severity: cap.Severe, Urgency: cap.Immediate, Certainty: cap.Observed, Lifetime: 6 * hour,
		Texts: []Text{
			{LangGerman, "Brand mit Rauch", "Giftiger Rauch: {place}",
				"Ein Brand in {place} setzt Rauch frei, der die Gesundheit gefährdet.",
				"Gehen Sie in geschlossene Räume. Schließen Sie Fenster und Türen. Schalten Sie Lüftung und Klimaanlage ab. " +
					"Sind Sie im Freien, gehen Sie quer zur Windrichtung aus dem Rauch. Umfahren Sie das Gebiet. " + mediaGerman},
			{LangSimple, "Feuer und Rauch", "Giftiger Rauch: {place}",
				"Es brennt. Der Rauch ist giftig.",
				"Gehen Sie in ein Haus. Machen Sie Fenster und Türen zu. Schalten Sie die Lüftung aus. Fahren Sie nicht dorthin. " + mediaSimple},
			{LangEnglish, "Fire with smoke", "Toxic smoke: {place}",
				"A fire in {place} is releasing smoke that is harmful to health.",
				"Go indoors. Close windows and doors. Switch off ventilation and air conditioning. " +
					"If you are outdoors, leave the smoke at right angles to the wind. Stay away from the area. " + mediaEnglish},
		},
	},
	{
		Name: "gefahrstoff", Title: "Gefahrstoff", Category: []cap.Category{cap.CBRNE, cap.Health}, Response: []cap.ResponseType{cap.Shelter, cap.Avoid},
		Severity: cap.Extreme, Urgency: cap.Immediate, Certainty: cap.Observed, Lifetime: 6 * hour,
		Texts: []Text{
			{LangGerman, "Austritt eines Gefahrstoffs", "Gefährlicher Stoff in der Luft: {place}",
				"In {place} ist ein gefährlicher Stoff ausgetreten. Einatmen kann lebensgefährlich sein.",
				"Gehen Sie sofort in ein Gebäude, in einen Raum ohne Fenster oder auf der windabgewandten Seite. " +
					"Schließen Sie Fenster und Türen und dichten Sie Ritzen mit feuchten Tüchern ab. Schalten Sie Lüftung und Klimaanlage ab. " +
					"Atmen Sie im Freien durch ein feuchtes Tuch und gehen Sie quer zur Windrichtung. " +
					"Ziehen Sie benetzte Kleidung aus und waschen Sie die Haut. " + mediaGerman},
			{LangSimple, "Gefährlicher Stoff", "Gefährlicher Stoff in der Luft: {place}",
				"In der Luft ist ein gefährlicher Stoff. Sie dürfen ihn nicht einatmen.",
				"Gehen Sie sofort in ein Haus. Machen Sie Fenster und Türen zu. Legen Sie nasse Tücher vor die Türen. " +
					"Schalten Sie die Lüftung aus. Draußen: Halten Sie ein nasses Tuch vor Mund und Nase. " + mediaSimple},
			{LangEnglish, "Release of a hazardous substance", "Hazardous substance in the air: {place}",
				"A hazardous substance has been released in {place}. Breathing it in can be fatal.",
				"Go into a building now, to a room without windows or on the side away from the wind. " +
					"Close windows and doors and seal gaps with damp cloths. Switch off ventilation and air conditioning. " +
					"Outdoors, breathe through a damp cloth and walk at right angles to the wind. " +
					"Take off contaminated clothing and wash your skin. " + mediaEnglish},
		},
	},
	{
		Name: "stromausfall", Title: "Stromausfall", Category: []cap.Category{cap.Infra}, Response: []cap.ResponseType{cap.Prepare, cap.Monitor},
		Severity: cap.Severe, Urgency: cap.Immediate, Certainty: cap.Observed, Lifetime: 24 * hour,
		Texts: []Text{
			{LangGerman, "Stromausfall", "Länger andauernder Stromausfall: {place}",
				"In {place} ist der Strom ausgefallen. Telefon, Internet und Notruf können gestört sein.",
				"Gehen Sie im Notfall zur nächsten Feuerwache oder Polizei, wenn 112 und 110 nicht erreichbar sind. " +
					"Schalten Sie Herd und Bügeleisen aus. Verwenden Sie Grill und Stromerzeuger nur im Freien: In Räumen besteht Lebensgefahr durch Kohlenmonoxid. " +
					"Sparen Sie Akkus. Füllen Sie Trinkwasser ab. Sehen Sie nach Nachbarn, die auf Geräte oder Hilfe angewiesen sind. " +
					"Hören Sie Batterieradio oder Autoradio. " + mediaGerman},
			{LangSimple, "Kein Strom", "Kein Strom: {place}",
				"Der Strom ist weg. Vielleicht geht auch das Telefon nicht.",
				"Notfall und kein Telefon? Gehen Sie zur Feuerwehr oder zur Polizei. Machen Sie den Herd aus. " +
					"Grillen Sie nicht im Haus: Das ist giftig. Füllen Sie Wasser ab. Helfen Sie Ihren Nachbarn. Hören Sie Radio im Auto. " + mediaSimple},
			{LangEnglish, "Power outage", "Prolonged power outage: {place}",
				"There is no electricity in {place}. Telephone, internet and emergency calls may fail.",
				"In an emergency go to the nearest fire or police station if 112 and 110 cannot be reached. " +
					"Switch off stoves and irons. Use grills and generators outdoors only: indoors, carbon monoxide kills. " +
					"Save batteries. Store drinking water. Check on neighbours who depend on equipment or help. " +
					"Listen to a battery or car radio. " + mediaEnglish},
		},
	},
	{
		Name: "trinkwasser", Title: "Trinkwasser", Category: []cap.Category{cap.Health, cap.Infra}, Response: []cap.ResponseType{cap.Avoid},
		Severity: cap.Severe, Urgency: cap.Immediate, Certainty: cap.Observed, Lifetime: 48 * hour,
		EventCode: []cap.NamedValue{{ValueName: eventCodeName, Value: codeDrinkingWater}},
		Texts: []Text{
			{LangGerman, "Beeinträchtigung des Trinkwassers", "Leitungswasser nicht trinken: {place}",
				"Das Leitungswasser in {place} ist verunreinigt.",
				"Trinken Sie kein Leitungswasser. Kochen Sie nicht damit und putzen Sie damit nicht die Zähne. " +
					"Verwenden Sie Wasser aus Flaschen oder aus den Ausgabestellen. Benutzen Sie Leitungswasser nur für die Toilettenspülung. " +
					"Sagen Sie Ihren Nachbarn Bescheid. " + mediaGerman},
			{LangSimple, "Schmutziges Wasser", "Wasser nicht trinken: {place}",
				"Das Wasser aus dem Wasser-Hahn ist schmutzig. Es kann krank machen.",
				"Trinken Sie das Wasser nicht. Kochen Sie nicht mit dem Wasser. Putzen Sie die Zähne nicht mit dem Wasser. " +
					"Trinken Sie Wasser aus Flaschen. Sagen Sie es den Nachbarn. " + mediaSimple},
			{LangEnglish, "Contaminated drinking water", "Do not drink tap water: {place}",
				"Tap water in {place} is contaminated.",
				"Do not drink tap water. Do not cook or brush your teeth with it. " +
					"Use bottled water or water from distribution points. Use tap water for flushing the toilet only. " +
					"Tell your neighbours. " + mediaEnglish},
		},
	},
	{
		Name: "evakuierung", Title: "Evakuierung", Category: []cap.Category{cap.Safety, cap.Rescue}, Response: []cap.ResponseType{cap.Evacuate},
		Severity: cap.Extreme, Urgency: cap.Immediate, Certainty: cap.Observed, Lifetime: 12 * hour,
		Texts: []Text{
			{LangGerman, "Evakuierung", "Gebiet sofort verlassen: {place}",
				"Für {place} ist die Räumung angeordnet. Es besteht Lebensgefahr.",
				"Verlassen Sie das Gebiet sofort auf dem Weg, den Einsatzkräfte anzeigen. " +
					"Nehmen Sie Ausweis, Medikamente, warme Kleidung und Ihr Telefon mit. Schalten Sie Gas und Strom ab und schließen Sie die Tür. " +
					"Nehmen Sie Kinder, hilfsbedürftige Nachbarn und Tiere mit. Wer nicht gehen kann, macht sich am Fenster bemerkbar. " +
					"Kehren Sie erst nach der Entwarnung zurück. " + mediaGerman},
			{LangSimple, "Gebiet verlassen", "Gehen Sie sofort weg: {place}",
				"Es ist lebens-gefährlich. Alle müssen weg.",
				"Gehen Sie sofort weg. Nehmen Sie mit: Ausweis, Medikamente, warme Kleidung, Telefon. Nehmen Sie Kinder und Nachbarn mit. " +
					"Sie können nicht gehen? Winken Sie am Fenster. Kommen Sie erst nach der Entwarnung zurück. " + mediaSimple},
			{LangEnglish, "Evacuation", "Leave the area now: {place}",
				"Evacuation has been ordered for {place}. There is danger to life.",
				"Leave the area now by the route that emergency services show. " +
					"Take identification, medicines, warm clothes and your phone. Turn off gas and electricity and close the door. " +
					"Take children, neighbours who need help and animals with you. If you cannot walk, make yourself seen at a window. " +
					"Return only after the all-clear. " + mediaEnglish},
		},
	},
	{
		Name: "unwetter", Title: "Unwetter", Category: []cap.Category{cap.Met}, Response: []cap.ResponseType{cap.Shelter},
		Severity: cap.Severe, Urgency: cap.Expected, Certainty: cap.Likely, Lifetime: 6 * hour,
		Texts: []Text{
			{LangGerman, "Unwetter", "Schweres Unwetter: {place}",
				"In {place} sind Sturm, Starkregen und Hagel zu erwarten. Bäume und Gegenstände können herabfallen, Keller volllaufen.",
				"Gehen Sie in ein festes Gebäude und bleiben Sie dort. Schließen Sie Fenster und Türen. Sichern Sie lose Gegenstände, solange das gefahrlos geht. " +
					"Meiden Sie Wald, Brücken, Unterführungen und Keller. Halten Sie als Autofahrer abseits von Bäumen an. " + mediaGerman},
			{LangSimple, "Schlimmes Wetter", "Schlimmes Wetter: {place}",
				"Es kommt ein starker Sturm mit viel Regen.",
				"Gehen Sie in ein Haus. Bleiben Sie im Haus. Machen Sie Fenster und Türen zu. Gehen Sie nicht in den Wald und nicht in den Keller. " + mediaSimple},
			{LangEnglish, "Severe weather", "Severe weather: {place}",
				"Storm, heavy rain and hail are expected in {place}. Trees and objects may fall, basements may flood.",
				"Go into a solid building and stay there. Close windows and doors. Secure loose objects while it is safe. " +
					"Stay away from woods, bridges, underpasses and basements. Drivers: stop away from trees. " + mediaEnglish},
		},
	},
}
