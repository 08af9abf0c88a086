"""What the subject sees and must do in each of the twenty tasks of Yang et al. 2019, and what else is worth knowing."""

QUESTIONS = {
    "go": "A stimulus appears in one of two modalities; point to it when the fixation light goes off.",
    "rtgo": "Point to a stimulus as soon as it appears, in either modality; the fixation light stays on.",
    "dlygo": "A stimulus is shown in one of two modalities and taken away; after a delay, point to where it was.",
    "anti": "A stimulus appears in one of two modalities; point away from it when the fixation light goes off.",
    "rtanti": "Point away from a stimulus as soon as it appears, in either modality; the fixation light stays on.",
    "dlyanti": "A stimulus is shown in one of two modalities and taken away; after a delay, point away from where it "
    "was.",
    "dm1": "Two stimuli appear at once in modality 1; point to the stronger one.",
    "dm2": "Two stimuli appear at once in modality 2; point to the stronger one.",
    "ctxdm1": "Two stimuli appear at once in both modalities; point to the one stronger in modality 1, whatever 2 "
    "shows.",
    "ctxdm2": "Two stimuli appear at once in both modalities; point to the one stronger in modality 2, whatever 1 "
    "shows.",
    "multidm": "Two stimuli appear at once in both modalities; point to the one whose strengths add up to more.",
    "dlydm1": "Two stimuli appear in modality 1, one after the other; point to where the stronger one was.",
    "dlydm2": "Two stimuli appear in modality 2, one after the other; point to where the stronger one was.",
    "ctxdlydm1": "Two stimuli appear in both modalities, one after the other; point to the one stronger in modality 1.",
    "ctxdlydm2": "Two stimuli appear in both modalities, one after the other; point to the one stronger in modality 2.",
    "multidlydm": "Two stimuli appear in both modalities, one after the other; point to the one whose strengths add up "
    "to more.",
    "dms": "Two stimuli, a delay between them; point to the second if it is where the first was, else keep fixating.",
    "dnms": "Two stimuli, a delay between them; point to the second if it is elsewhere than the first, else keep "
    "fixating.",
    "dmc": "Two stimuli, a delay between them; point to the second if both are of one category, else keep fixating.",
    "dnmc": "Two stimuli, a delay between them; point to the second if their categories differ, else keep fixating.",
}

_STAYS = "One who goes by the response alone earns 100 %: the stimulus stays on, and nothing has to be remembered."
_SUM = "Each is stronger in one modality, drawn for each stimulus, so that no modality alone gives the answer."
_SOO = "their released code draws one imbalance for both stimuli."
_WITHHELD = "One who never responds earns 50 %."

NOTES = dict.fromkeys(("go", "rtgo", "anti", "rtanti"), (_STAYS,)) | {
    "multidm": (f"{_SUM} Soo et al. call it multsendm; {_SOO}",),
    "multidlydm": (f"{_SUM} Soo et al. call it multsendlydm; {_SOO}",),
    "dms": (_WITHHELD,),
    "dnms": (
        _WITHHELD,
        "In the released code of Soo et al. the targets of dnms are those of dms; the preset has the right ones.",
    ),
    "dmc": (
        _WITHHELD,
        "In the released code of Soo et al. all non-matches go from category 1 to 2; here and in the preset from "
        "either.",
    ),
    "dnmc": (
        _WITHHELD,
        "In the released code of Soo et al. the targets of dnmc are those of dmc, and all non-matches go from category "
        "1 to 2; the preset has the right targets, and either order.",
    ),
}
"""What else is worth knowing of some of them, a paragraph each."""
