"""The profane words that are looked for: our own list, by how strong they are.

A line holds a word and further forms of it. `*` before a word says that it may stand inside others
(no harmless word holds it), `=` that it takes
no endings by rule, since some would make a harmless
word (prickly, tardy). Words that are mostly harmless, and words for what people are (gay, Jewish,
disabled), are left out on purpose.
"""

from __future__ import annotations

MILD = """
damn damned damnit dammit goddamn goddamned goddamnit
hell-hole hellhole what-the-hell go-to-hell bloody-hell
=crap crappy crapper crappiest
piss pissy pisser pissant pissoff
bugger buggery
bollock bollocks bollox
arse arsehole arsed smartarse
bum-hole bumhole
turd
screw-you
sod-off
jackass jackasses
dumbass dumbasses
badass
smartass
hardass
lardass
fatass
asshat
wuss
horny
=boob =boobs boobies
poontang
butthole
butt-head butthead
scumbag
jerkoff jerk-off
schmuck
"""

STRONG = """
*fuck *fukk *fvck *fxck *fcuk *fucc *phuck *phukk *fck fuking fuked fcuk
fck fcking fcked fvck phuck phuk fuc fking effing stfu gtfo wtf milf clusterfuck
fu-ck f-uck go-f-yourself f-yourself =mfer =mfers
*motherfuck mofo muthafucka mutherfucker
*bullshit bullshitter
shit shitty shitter shitting shitted shat
shithead shitface shithole shitshow shitstorm shitbag shitload
dipshit sh-it s-hit
apeshit batshit horseshit dogshit chickenshit shitless shite shitcunt shyt sht
=ass =asses *asshole *azzhole
asswipe assface assfuck assclown ass-hat ass-licker asslicker asskisser
=ahole arsehole
*bitch b-itch bi-tch bitchy bitches bitching bitched bitchass biatch biotch beyotch
sonofabitch son-of-a-bitch
bastard
dick-head dickhead dickwad dickface dickweed dickless dickbag dick-sucker dicksucker
cock-sucker cocksucker cocksucking cockhead cockface cockblock
=prick =pricks
cunt cunty cunted
twat twatty
wank wanker wanky wanking wanked
=tosser =tossers
bellend
knobhead knob-head
pussy pussies
whore whorish manwhore
slut slutty sluttish
skank skanky
douche douchebag douchey douche-bag
jackoff jack-off jerk-off
blowjob blow-job
handjob hand-job
rimjob rim-job
titfuck
tits titties titty
cum-shot cumshot cumdump cumslut
jizz jizzed
dildo
boner
clit
schlong shlong
nutsack ballsack ball-sack
butt-plug buttplug buttfuck butt-fuck
cameltoe
creampie
gangbang gang-bang
circlejerk circle-jerk
fapping
milf
whack-off
suck-my-dick suck-my-cock my-cock your-cock
eat-shit
piss-off
fudge-packer fudgepacker
carpet-muncher carpetmuncher
minge
gobshite
fanny-flaps
"""

SEVERE = """
nigger niggah nigga niggaz nigga niggers nigg nigguh niglet nignog nig-nog
*sandnigger
faggot faggy =fag =fags faggotry
kike
spick
wetback
beaner
=gook =gooks
chinaman chinamen
chingchong ching-chong
raghead rag-head towelhead towel-head camel-jockey cameljockey
sandmonkey sand-monkey
porch-monkey porchmonkey
jiggaboo jigaboo
=wop =wops
=dago =dagos
=paki =pakis
tranny trannies
shemale she-male ladyboy
=retard =retarded =retards fucktard libtard =tard =tards
mongoloid
zipperhead zipper-head
slant-eye slanteye
golliwog
darkie
coonass
heeb
pedo paedo
jailbait
muff-diver muffdiver
cunt-face cuntface
"""

LOWER_CASE = "dick dicks cumming fap fuk phuc"
"""Strong where they are written in lower case: otherwise they are names."""

IN_CONTEXT = {
    "ass asses": r"donkeys?|mules?|onagers?|jenn(?:y|ies)|foals?|bray\w*|stables?|sacks?|ox|wild|"
    r"equus|hooves|pack animals?",
    "tit tits": r"birds?|nest\w*|feeders?|species|blue|great|coal|willow|marsh|crested|long-tailed|"
    r"bearded|chickadees?|robins?|finch\w*|sparrows?|for tat",
    "bitch bitches": r"pupp(?:y|ies)|pups?|litters?|whelp\w*|kennels?|breed\w*|spay\w*|stud|canine|"
    r"sired?|dogs?",
    "bastard bastards": r"swords?|files?|throne|illegitimate|heirs?|kings?|duke|hand-and-a-half",
    "tranny trannies": r"gear\w*|clutch|transmission|fluid|car|cars|truck|engine|rebuilt|ford|"
    "chevy|"
    r"shift\w*",
    "prick pricks": r"fingers?|needles?|pins?|thorns?|forks?|skin|potatoe?s?|dough|pastry|ears|"
    r"conscience|holes?|spindle",
    "faggot faggots": r"peas|gravy|meatballs?|sticks|bundles?|firewood|twigs|welsh|butcher'?s?",
    "fag fags": r"cigarettes?|bearings?|smok\w*|packets?|lighter|bearing|puff\w*",
    "retard retards": r"sparks?|timing|growth|ignition|flames?|progress|advance|combustion|"
    "corrosion|"
    r"spread|drying|development|burning",
    "beaner": r"coffee",
    "wop": r"bop\w*|bam|doo",
    "kike": r"hern\w+|rodr\w+|garc\w+",
    "boner": r"blooper|mistake|surgeon",
    "dildo": r"newfoundland|labrador|trinity bay",
    "cock": r"hen\w*|roosters?|feathers?",
    "pussy": r"willow|cats?",
}
"""Words that mean no harm where one of these words stands near."""

DISGUISED = "cock cocks dick dicks coon coons spic spics arse hoe hoes damn faggot whore"
"""Strong where letters are hidden or replaced: nobody writes a harmless word like that."""

HARMLESS = """
pussy-willow
pussy-cat
pussy-riot
pussy-foot
fag-end
spick-and-span
booby-trap
fucking-austria
dildo-newfoundland
wang-fuk
"""
"""Phrases in which such a word means no harm."""
