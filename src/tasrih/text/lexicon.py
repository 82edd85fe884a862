"""Word lists of Arabic news in everyday spelling, folded when the module loads, and questions about one word.

The lists are general vocabulary, written by hand. A reader adds a word to the string it belongs to;
hamza on alef, alef maqsura and vowel marks make no difference.
"""

from __future__ import annotations

import re

from tasrih.text.normalise import normalise


def words(listing: str) -> frozenset[str]:
    """Fold a listing into a set of words.

    Args:
        listing: words parted by white space.

    Returns:
        The words as the ``encoder`` profile writes them.

    Example:
        >>> sorted(words("إلى أَن"))
        ['الي', 'ان']
    """
    return frozenset(normalise(listing, "encoder").split())


# Perfect and imperfect, third person masculine singular; the other persons are derived below.
_SAYING = """
قال/يقول أكد/يؤكد أضاف/يضيف أوضح/يوضح وضح/يوضح أشار/يشير ذكر/يذكر صرح/يصرح لفت/يلفت تابع/يتابع بين/يبين أفاد/يفيد
أعلن/يعلن كشف/يكشف شدد/يشدد رأى/يرى اعتبر/يعتبر نوه/ينوه استطرد/يستطرد تحدث/يتحدث كتب/يكتب أردف/يردف زعم/يزعم
ادعى/يدعي أبلغ/يبلغ أخبر/يخبر توقع/يتوقع تساءل/يتساءل أقر/يقر اعترف/يعترف أجاب/يجيب رد/يرد علق/يعلق تطرق/يتطرق
استعرض/يستعرض أبرز/يبرز شرح/يشرح ختم/يختم اختتم/يختتم خلص/يخلص كرر/يكرر جدد/يجدد عد/يعد وصف/يصف ألمح/يلمح
لمح/يلمح أبان/يبين روى/يروي غرد/يغرد ألقى/يلقي نقل/ينقل استدرك/يستدرك
"""
_ACTING = """
دعا/يدعو حذر/يحذر طالب/يطالب رحب/يرحب أدان/يدين دان/يدين ندد/يندد استنكر/يستنكر شجب/يشجب انتقد/ينتقد اتهم/يتهم
نفى/ينفي رفض/يرفض هدد/يهدد توعد/يتوعد تعهد/يتعهد وعد/يعد التزم/يلتزم قرر/يقرر حث/يحث ناشد/يناشد طلب/يطلب
أشاد/يشيد ثمن/يثمن شكر/يشكر أعرب/يعرب عبر/يعبر أبدى/يبدي أيد/يؤيد دعم/يدعم وافق/يوافق استبعد/يستبعد حمل/يحمل
نبه/ينبه عارض/يعارض احتج/يحتج هاجم/يهاجم وجه/يوجه بعث/يبعث هنأ/يهنئ قدم/يقدم عرض/يعرض اقترح/يقترح أوصى/يوصي
بحث/يبحث ناقش/يناقش اتفق/يتفق وقع/يوقع أمر/يأمر أصدر/يصدر أطلق/يطلق جزم/يجزم تمنى/يتمنى أمل/يأمل أقسم/يقسم
كذب/يكذب فند/يفند أنكر/ينكر سخر/يسخر دافع/يدافع اشترط/يشترط أرسل/يرسل تبنى/يتبنى صوت/يصوت استقبل/يستقبل
أعاد/يعيد خاطب/يخاطب استغرب/يستغرب أسف/يأسف اعتذر/يعتذر اعتزم/يعتزم عزم/يعزم تقدم/يتقدم لوح/يلوح ضمن/يضمن
تضامن/يتضامن بارك/يبارك أثنى/يثني عزى/يعزي منح/يمنح خصص/يخصص فرض/يفرض تبرع/يتبرع سارع/يسارع أجرى/يجري ألغى/يلغي
أجل/يؤجل علل/يعلل طمأن/يطمئن توجه/يتوجه أبقى/يبقي استدعى/يستدعي انتهز/ينتهز سعى/يسعى تخوف/يتخوف
خشي/يخشى صادق/يصادق امتنع/يمتنع تراجع/يتراجع سخط/يسخط رجح/يرجح أصر/يصر تمسك/يتمسك التقى/يلتقي اجتمع/يجتمع حض/يحض
رفع/يرفع وجد/يجد تنصل/يتنصل استهجن/يستهجن لام/يلوم اشتكى/يشتكي شكا/يشكو حدد/يحدد أقال/يقيل استأنف/يستأنف
عقد/يعقد وضع/يضع اتخذ/يتخذ أرجع/يرجع عزا/يعزو
"""
# Verbs that make their subject a speaker only where the sentence starts with them and nothing better follows.
_MINOR = """
حرص/يحرص واصل/يواصل تدخل/يتدخل أدرج/يدرج أمهل/يمهل نعى/ينعى حاول/يحاول مضى/يمضي استبق/يستبق أنذر/ينذر عدد/يعدد
نظم/ينظم أظهر/يظهر تولى/يتولى كلف/يكلف حظر/يحظر طرح/يطرح أحال/يحيل شن/يشن تصدى/يتصدى شارك/يشارك زار/يزور
بدأ/يبدأ قام/يقوم تعامل/يتعامل عمل/يعمل أدرك/يدرك أعد/يعد سمح/يسمح منع/يمنع نشر/ينشر شكل/يشكل عين/يعين فتح/يفتح
تسلم/يتسلم اعتمد/يعتمد أوقف/يوقف واجه/يواجه استعد/يستعد سلم/يسلم تبادل/يتبادل تابع/يتابع ترأس/يترأس وصل/يصل
شهد/يشهد أعجب/يعجب اكتفى/يكتفي استهل/يستهل سجل/يسجل أضحى/يضحي وفر/يوفر ساند/يساند نصح/ينصح أراد/يريد رغب/يرغب
ضاق/يضيق صعد/يصعد دشن/يدشن اقتنع/يقتنع أقام/يقيم وزع/يوزع صنف/يصنف لبى/يلبي اطلع/يطلع أنهى/ينهي فاوض/يفاوض
حذف/يحذف ردد/يردد رصد/يرصد تبرأ/يتبرأ استغل/يستغل قاطع/يقاطع أبرم/يبرم مدد/يمدد لاحظ/يلاحظ اعترض/يعترض أسهب/يسهب
أدلى/يدلي خطف/يخطف اشتبه/يشتبه أقفل/يقفل تجمع/يتجمع حشد/يحشد أعطى/يعطي التمس/يلتمس أيد/يؤيد ذكر/يذكر تواجه/يواجه
"""
#: Forms that are at least as often a noun, an adjective or a particle.
NOUNLIKE = words("""
رفض دعم طلب كشف ذكر بحث شكر وصف عرض نقل حمل أمر رد حذر وعد شرح عزم تعهد تقدم وجه عد بين لفت تحدث ضمن عبر صوت سعى
فرض وقع قدم خلص ختم دافع صادق أمل أسف أجل منح رفع وضع عقد حض حث تراجع لوح وجد تضامن كذب سخط ثمن طالب عارض بارك
تبرع دان توجه توقع هدد علق غرد تعد يعد تجد يجد أبرز عقب لام حدد تابع سارع
""")
#: Verbs of sending and receiving words, whose speaker comes after عن.
RELAYING = words("نقل نقلت وينقل تنقل ينقل")


def _imperfects(pairs: str) -> frozenset[str]:
    third = {pair.split("/")[1] for pair in normalise(pairs, "encoder").split()}
    stems = {form[:-1] if form[-1] in "يوا" else form for form in third}
    return frozenset(third | {"ت" + form[1:] for form in third} | {stem + "ون" for stem in stems})


def _forms(pairs: str) -> dict[str, str]:
    forms: dict[str, str] = {}
    for pair in normalise(pairs, "encoder").split():
        perfect, imperfect = pair.split("/")
        weak = perfect[-1] in "ياى" and len(perfect) > 2
        root = perfect[:-1] if weak else perfect
        # hollow verbs keep their alef in the third person, so that قال needs no rule of its own
        for form, gender in (
            (perfect, "m"),
            (root + "ت", "f"),
            (root + "وا", "p"),
            (root + "تا", "p"),
            (imperfect, "m"),
            ("ت" + imperfect[1:], "f"),
        ):
            forms.setdefault(form, gender)
        forms.setdefault((root + "ي" if weak else root) + "ا", "p")
        stem = imperfect[:-1] if imperfect[-1] in "يوا" else imperfect
        forms.setdefault(stem + "ون", "p")
    return forms


#: Verb form to the gender it shows: ``m``, ``f``, or ``p`` for the plural and the dual.
SAYING: dict[str, str] = _forms(_SAYING)
ACTING: dict[str, str] = {form: gender for form, gender in _forms(_ACTING).items() if form not in SAYING}
MINOR: dict[str, str] = {
    form: gender for form, gender in _forms(_MINOR).items() if form not in SAYING and form not in ACTING
}
VERBS: dict[str, str] = {**MINOR, **ACTING, **SAYING}
IMPERFECT = _imperfects(_SAYING + _ACTING + _MINOR) - frozenset(
    pair.split("/")[0] for pair in normalise(_SAYING + _ACTING + _MINOR, "encoder").split()
)
#: Participles that go on with what the speaker before them said.
PARTICIPLES = words("""
مضيفا مضيفة مشيرا مشيرة موضحا موضحة مؤكدا مؤكدة لافتا لافتة مشددا مشددة معتبرا معتبرة محذرا محذرة مبينا مبينة
قائلا قائلة متابعا متابعة مطالبا مطالبة داعيا داعية معربا معربة منوها متهما مثمنا مجددا مبديا مستنكرا منددا
مرحبا ملمحا متوعدا مهددا ملوحا نافيا رافضا واصفا متسائلا مستطردا مردفا مخاطبا مهنئا مستغربا مستبعدا مستعرضا
معلنا كاشفا مذكرا نقلا معلقا متوقعا معبرا مبررا منتقدا متمنيا
""")
#: Subjects that pass on the words of others.
SOURCES = words("""
محطة تلفزيون إذاعة بيان مصدر مصادر صحيفة قناة تقرير تقارير وسائل الصحيفة الوكالة القناة التقرير المصادر المصدر
البيان وثيقة أنباء موقع الموقع وثائق تسريبات المجلة مجلة شهود دراسة الدراسة رويترز شبكة
""")

#: Words that name a person or persons by office, rank, trade or courtesy.
TITLES = words("""
رئيس رئيسة رؤساء وزير وزيرة وزراء نائب نائبة نواب أمين أمينة عضو أعضاء مدير مديرة قائد قادة سفير سفيرة مبعوث
مبعوثة متحدث متحدثة ناطق ناطقة مستشار مستشارة مندوب مندوبة زعيم زعيمة زعماء عميد محافظ أمير أميرة ملك ملكة ولي
خادم مفتي مسؤول مسؤولة مسؤولون مسؤولين مسئول مسئولون مسئولين مصدر مصادر خبير خبيرة خبراء محلل محللون محللين ناشط
ناشطة ناشطون ناشطين نشطاء شيخ سيد سيدة دكتور دكتورة د أستاذ أستاذة مهندس مهندسة لواء فريق عقيد مقدم رائد نقيب
جنرال ملازم مشير حجة آية إمام سماحة فضيلة معالي سعادة فخامة جلالة سمو صاحب صاحبة حاكم رجل رجال قاض قاضي محامي
محام مواطن مواطنة مواطنون مواطنين مراقبون مراقبين باحث باحثون باحثة منسق منسقة ممثل ممثلة ممثلو ممثلون مفوض
مفوضة مرشد مرشح مرشحة كاتب صحافي صحفي لاعب مدرب نجم كابتن طبيب أطباء عالم علماء داعية مساعد وكيل وكيلة مشرف
مشرفة منظم رئيسا ضابط ضباط جندي عمدة مرجع بطريرك بابا مطران سيناتور سناتور مدعي مدع مدعية نقابي سكرتير سكرتيرة
متظاهرون متظاهرين محتجون محتجين طلاب والد والدة شقيق زوجة زوج ابن شاهد شهود مقرر مقررة قنصل مفتش عاهل آمر رائدة
اقتصاديون اقتصاديين معارض معارضون معارضين منظمون معتصمون مشاركون أئمة أهالي سكان مقاتل مقاتلو مسلحون متمردون
قيادي قيادية قياديون مؤسس مؤلف مخرج فنان فنانة ممثلي رؤوساء مستشارون أساتذة طالبة طالب بروفيسور عميدة مراقب
مراقبو متابعون مختصون مختصين مختص أخصائي استشاري تاجر تجار برلماني برلمانية برلمانيون حركي سياسي سياسيون
دبلوماسي دبلوماسيون عسكري عسكريون أمني مدعون قضاة وزيرا رئيسي معاليه سموه سعادته فضيلته كبير كبيرة كبار أحد إحدى
بعض عدد نحو أكثر
""")
#: Nouns that head the name of a body, or a place that speaks for its government.
BODIES = words("""
وزارة حكومة مجلس هيئة لجنة منظمة حزب حركة جماعة جبهة تنظيم اتحاد ائتلاف تحالف تيار كتلة جامعة جمعية مؤسسة شركة
بنك مصرف صندوق وكالة محكمة نيابة رئاسة قيادة إدارة أمانة شرطة جيش قوات قوى كتائب سرايا فصائل ميليشيا ميليشيات
مليشيا مليشيات حلف نقابة رابطة بعثة سفارة بلدية محافظة ولاية دولة دول مملكة جمهورية سلطنة إمارة سلطة سلطات
معارضة مفوضية برلمان مركز معهد نادي لواء فريق وفد مديرية مصلحة دار بيت حملة شبكة مجموعة منتدى مؤتمر قمة اجتماع
ديوان غرفة كلية مدرسة مستشفى صحيفة قناة نظام قبيلة قبائل عشائر أسرة عائلة شعب أوساط دوائر جهات جهة أطراف طرف
بيان تقرير دراسة فرع مكتب قسم قطاع طائفة كنيسة أزهر فيفا كونغرس كونجرس خارجية داخلية دفاع تعليم قوة أحزاب منظمات
هيئات لجان دائرة نخبة فرق كيان جهاز أجهزة مقاومة وحدة مؤسسات شركات حكومات تجمع تنسيقية عمليات مصرفية قضاء بيانات
تقارير الجانب طرفا جانب جانبا حركتا حزبا دولتا
""")
#: Further nouns that govern a following noun inside a title or the name of a body.
GOVERNING = words("""
أنصار تحرير نزاهة شؤون شئون حقوق أمن دفاع مجلس وزراء عام نواب أمناء علماء رجال عمال مدير قضاة هيئة تدريس تعاون
تنمية تجارة صناعة حماية مكافحة رعاية شباب تنسيق تطوير مستوى قوات أركان حرب لجنة ولي عهد خادم آية حجة صاحب باسم
مكتب شمال جنوب شرق غرب وسط منطقة مدينة إقليم بلدة قرية دائرة سوق قسم كبار بيت مال حلف ملف برنامج مشروع جزيرة
بلاد طاقة نفط صحة مساعد وكيل نائب إدارة تنظيم فرع مجمع مستشفى جامعات أعضاء أبناء آل بن ابن بنت عبد أبو أبا أبي
أم ولد ذو مدعي اتحاد ائتلاف تحالف اقتصاد إعلام تربية ثقافة سياحة عدل داخلية خارجية كلية معهد سمو نادي كرة رياضة
شركة أسر ضحايا أهل سكان ذوي رؤساء ممثلي جمهورية دولة مملكة حكومة حزب نقابة منظمي أساتذة شعبة شبكة إحياء إغاثة
نزع منع حظر دعم إعمار إعادة بحوث دراسات أبحاث سلام مصالح تخطيط تمويل مجموعة منسوبي موظفي لاعبي قيادات قيادة
عمليات رئاسة سفارة مالية
""")
NATIONS = words("""
جدة مكة غزة الضفة القدس حلب الموصل عدن تعز مصر سوريا سورية العراق إيران تركيا روسيا الصين اليابان الهند باكستان
أفغانستان إسرائيل فلسطين لبنان الأردن السعودية الكويت قطر البحرين الإمارات عمان اليمن ليبيا تونس الجزائر المغرب
موريتانيا السودان الصومال جيبوتي إثيوبيا إريتريا كينيا نيجيريا مالي تشاد فرنسا ألمانيا بريطانيا إيطاليا إسبانيا
اليونان هولندا بلجيكا النمسا سويسرا السويد النرويج الدنمارك بولندا أوكرانيا جورجيا أرمينيا أذربيجان أوروبا
أمريكا أميركا أستراليا كندا البرازيل المكسيك الأرجنتين فنزويلا كوبا كوريا ماليزيا إندونيسيا تايلاند تايلند
الفلبين فيتنام ميانمار صربيا كوسوفو البوسنة قبرص رواندا أوغندا تنزانيا غانا السنغال النيجر واشنطن موسكو طهران
دمشق بغداد القاهرة الرياض أنقرة باريس لندن برلين بكين طوكيو روما مدريد أثينا بروكسل كييف بيروت عمّان صنعاء
طرابلس الخرطوم الرباط الدوحة أبوظبي المنامة مسقط نواكشوط مقديشو كابول كابل إسلام نيودلهي جنيف فيينا سيول بيونغ
تل داعش حماس فتح طالبان القاعدة الناتو حلف دول
""")
#: Nouns of doing and feeling: what is said, not who says it.
DEEDS = words("""
رد قول تفهم تحري علم جدارة لقب أوامر أمرا منسوبي وصول أمر كثير مزيد عديد بذل منع ذكرى فترة إخفاقات تراخي العثور
السعي حجم تغير تغيرا غزو مكافحة نصرة التخلي دعم رفض حرص وجود ضرورة أهمية عدم استعداد التزام قلق ثقة ثقته أمل أسف
شكر تضامن تأييد إدانة استنكار وقوف عزم نية رغبة موقف مواقف رسالة برقية برقيات بيانا طلب طلبا دعوة دعوات نداء
اتهام اتهامات انتقادات انتقاد تهديد تهديدات تحذير تحذيرات تهنئة تعازي تعزية عقوبات مساعدات مساعدة منحة قرض قرار
قرارات خطة مشروع مبادرة اقتراح مقترح مفاوضات محادثات مباحثات اتفاق اتفاقا اتفاقية تقديم تعزيز تقدير تطوير تنفيذ
تشكيل تعيين تمديد تأجيل إرسال إعلان إطلاق إجراء إلغاء إقامة إنشاء إعادة إنهاء إيقاف وقف بدء مواصلة استمرار
استئناف مشاركة متابعة مواجهة محاربة محاولة ملاحقة منح فرض نشر سحب سير صحة أنباء تقارير معلومات مزاعم مسؤولية
مسئولية ارتياح سعادة غضب احتجاج شكوى حق حقوق حرب معركة هجوم هجمات عملية عمليات جريمة مجزرة اعتداء تفجير انفجار
حل حلول سبل علاقات تعاون تطورات أوضاع وضع ملف قضية مسألة مسار شروط مطالب جهود دور خطوة خطوات إجراءات تدخل فكرة
احتمال إمكانية خيار ضم قيام حاجة حملة كلمة خطاب سؤال أسئلة مثل شن فتح بناء شراء بيع دخول خروج عودة عقد عمل قتل
مقتل استخدام استهداف استضافة انضمام انسحاب انعقاد اكتمال اختيار اعتماد تأكيد تنديد ترحيب تمسك تفاؤل خشية مخاوف
أصابع توجيه ترشيح تحقيق تقدم تنسيق تصريح تصريحات توصيات ما زيارة شجب نتائج مهام سلامة حماية ضمان تسليم نيته فوز
نجاح فشل حصول ظهور استقبال لقاء نظر اهتمام بلاد قدرة عجز تجاوز مضي احترام تفعيل جهد اعتذار استقالة ولاء إعجاب
امتنان حزن تحفظ معارضة استياء اعتراض اعتقاد إيمان إشادة استغراب دهشة مجتمع أنها باقي شكره خالص أحر أطيب تمنيات
آمال تساؤلات
""")
#: Organisations and names whose shape is that of a deed.
NOT_DEEDS = words("""
الإفتاء الاتحاد الائتلاف التحالف التنظيم الاحتلال الانقلابيون الاخوان الادارة الاردن الاسد المعارضة الجيش التجمع
الاستخبارات التيار المشاركون الاسلام الفتح العقيد العاهل التاج الفيصل الحقيل العمليات النظام القضاء الحملة
السلامة القيادة الحوثيون التميمي
""")
#: Words that no speaker's name goes across.
STOPS = words("""
تم يتم أظن يعتقد يجب يمكن ينبغي ثمة لعل سياسيا كثيرا فعلا أمنيا عسكريا اقتصاديا ميدانيا دوليا لدينا لديه لديها
كلا بوسعنا صادر صادرة أن إن أنه إنه أنها إنها أنهم إنهم أننا إننا أنني إنني أنهما بأن بأنه بأنها لأن لأنه وأن
وإن فإن من في على عن إلى مع عند لدى حتى منذ خلال بعد قبل أمام ضد حول تجاه حيال بين عبر عقب إثر وسط دون بدون حسب
وفق بحسب وفقا طبقا بشأن بسبب بعدم بشدة به بها بهم فيه فيها فيهم عنه عنها عليه عليها عليهم إليه إليها إليهم له
لها لهم لنا لي منه منها منهم معه معها ذلك ذلكما هذا هذه هؤلاء تلك أولئك هو هي هم نحن أنا الذي التي الذين اللذان
اللتان اللذين اللواتي اللاتي ما ماذا لماذا مما عما كما كلما حيث حين حينما عندما بينما فيما إذ إذا لو لولا لكن
لكنه لكنها ولكن غير سوى إلا بل أو أم ثم قد لقد لا لم لن ليس ليست سوف هل كان كانت كانوا يكون تكون ل ب ك و ف أمس
اليوم غدا الآن أيضا مساء صباح ظهر فجر ليل يوم أسبوع الأسبوع السبت الأحد الإثنين الاثنين الثلاثاء الأربعاء الخميس
الجمعة شهر الشهر سنة الماضي الماضية المقبل أخيرا مؤخرا مجددا رسميا مرة مرارا سابقا لاحقا حاليا جميعا معا فقط
بشكل بصورة بقوة بدوره بدورها بدورهم بذلك بهذا كل جميع كافة أي أية هنا هناك كيف متى أين إنما أنما وهو وهي وهم
وذلك كذلك عدة أثناء ضمن نحو أول قبيل بعيد باعتبار باعتباره قائلا قائلة رغم برغم قوله قولها قولهم صراحة علنا
علنًا تعليقا ردا وردا عادة أصلا ربما سبق بات ظل يزال زال تزال كي لكي مثلما بما لما لمن ممن عليهما إضافة فضلا جراء
لأنهم أنك أنكم بالإجماع بوضوح ولا ولم ولن وليس إليكم يا وقد فقد وكان وكانت نفسه نفسها ذاته
""")
#: Adverbs that may stand between verb and subject.
ADVERBS = words("""
وقد فقد كما وكما أمس اليوم أيضا مجددا رسميا أخيرا مؤخرا بشدة بدوره بدورها بدورهم كذلك الآن هنا هناك صراحة به بها
فيه فيها عنه عنها إليه إليها عليه عليها له لها لهم لنا لي ذلك نفسه قد لاحقا سابقا حينها وقتها السبت الأحد
الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة كل علنا مساء صباح
آنذاك حينئذ عندئذ وقتئذ
""")
#: What a statement is made in, and to whom: they follow في, ل, خلال between verb and subject.
OCCASIONS = words("""
بيان تصريح تصريحات حديث حديثه مقابلة مؤتمر كلمة كلمته خطاب رسالة تغريدة اتصال حوار لقاء تقرير مقال جلسة صحفي
صحافي هاتفي متلفز له لها مشترك خاص خاصة صحفية صحافية
""")
#: To whom, rather than by whom, words are said after ل.
MEDIA = words("""
صحيفة وكالة قناة جريدة موقع إذاعة تلفزيون مجلة راديو شبكة للصحفيين للصحافيين للجزيرة الصحفيين الصحافيين فضائية
وسائل
""")
#: After these a subject may precede its verb.
OPENERS = words("""
جهته جهتها جانبه جانبها أن إن لكن ولكن فإن بأن كان كانت وكان وكانت أما وأما فيما بينما إلا غير لأن كما وأن وإن
إذ حيث
""")
#: Adjectives, beside those in ...ي and ...ية, that follow a definite noun.
ADJECTIVES = words("""
الأتراك الأكراد العرب الروس الثلاث البارزة المؤقت المنورة المكرمة الأدنى الأقصى الألمان الهنود العام العامة
الأعلى العليا السابق السابقة الحالي الحالية الجديد الجديدة الأول الأولى الثاني الثانية المتحدة المتحد الموقر
الموقرة الراحل المنتخب المنتخبة الخاص الخاصة الخاصين الدائم الدائمة المساعد المساعدة الكبير الكبيرة الكبرى
الأكبر الأوسط المستقيل المخلوع المكلف المكلفة المعارض المعارضة المسلح المسلحة الحاكم الحاكمة المشترك المشتركة
المحتلة الموحد الموحدة المستقل المستقلة الأبيض الأحمر الشقيقة الصديقة المحلي المركزي المعين المقيم المنظمة
المختصة المعنية المسؤول المسؤولة العظمى الثلاثة الأربعة الخمس الست الشريفين الشامل المقدسة المحترم المتشدد
المتشددة الأعضاء الغربيين المانحة المستقلين الأسبق المناوب المفوض الأميركان نفسه نفسها ذاته ذاتها الكريم الموالي
الموالية الموالين المتمردة المجاورة المنعقدة الصادر المذكور المذكورة الاسلامي التاسع العاشر الثالث الرابع الخامس
السادس السابع الثامن
""")
#: Names and masculine plurals in ة, which a masculine verb may take.
MASCULINE_MARBUTA = words("""
أسامة حمزة طلحة عبيدة معاوية خليفة سلامة جمعة عطية شحاتة حذيفة قتيبة قادة أساتذة دعاة قضاة طلبة عرفة سماحة فضيلة
سعادة فخامة جلالة عميرة حجة آية عدة ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة هنية علامة عقبة ميسرة عكرمة
زكية شحادة عودة وهبة داعية عمدة ولاة نخبة رماة
""")
#: Feminine persons' and bodies' names without ة.
FEMININE = words("""
الأمم قوات قوى دول مصادر وسائل ميركل كلينتون رايس سلطات السلطات القوات الدول كتائب فصائل أوساط حماس فتح طالبان
داعش النهضة
""")
#: Indefinite nouns of several persons.
PLURAL = words("""
منسوبي منسوبو مواطني أئمة أطراف أبناء مصادر خبراء نواب رؤساء وزراء أعضاء قادة زعماء سكان أهالي شهود علماء أطباء
نشطاء طلاب ضباط كبار عدد بعض تجار قضاة أساتذة رجال ممثلو ممثلي
""")
#: After these, من leads on to the noun that they count (عدد من النواب, مصدر من الوزارة).
QUANTITIES = words("""
نائب عضو أعضاء نواب عناصر فصائل وفد جناح فريق غالبية معظم عدد العديد الكثير كثير عديد مصدر مصادر مسؤول مسؤولون
المئات مئات الآلاف آلاف عشرات العشرات مجموعة
""")
#: Nouns of place that name a body together with it (في قطاع غزة).
PLACES = words("""
قطاع مدينة محافظة منطقة ولاية إقليم البلاد بلدة العاصمة الشرق دولة مملكة جمهورية الضفة الجنوب الشمال
""")
#: Nouns that belong to a speaker when a suffix ties them to it (رعاياها); they are no part of its name.
OWNED = words("""
بلاد رعايا أنصار زملاء شعب نظير نجل زوج صديق أعضاء قوات حكومة شريك خصم حليف زميل
""")
#: Names that look like verbs with a prefix.
NAMES = words("""
بطرس بشر بلال بسام بندر بكر بدر فيصل وحيد وليد سعد سعيد فتحي وائل وهيب وجدي فاروق فرنسوا سيف سهيل سعود فايز فائز
فريد فكري فهد
""")
#: Courtesy titles right before a family name.
HONOURS = words("""
الدكتور الشيخ السيد الأستاذ المهندس اللواء العميد الفريق العقيد السفير الأمير الملك د الدكتورة الوزير النائب
القاضي البروفيسور الملا المقدم الرائد النقيب الجنرال الشهيد الكابتن
""")
#: Before the name of whom a report goes back to.
FORMULAS = words("بحسب حسب وحسب وبحسب وفق ووفق وفقا ووفقا طبقا لسان")
#: Before a verb that tells of something, rather than opening a statement.
RELATIVE = words("""
الذي التي الذين ما مما حيث أن إلا وما حين من في لم لن لا اللذان
""")

# Measures of doing: استقبال, انسحاب, اجتماع, تقديم.
_DEED = re.compile(r"(?:است\w{2,3}ا\w|ان\w\wا\w|ا\wت\w?ا\w|ت[^\Wاي]\wي\w)ة?")
_ADJECTIVE = re.compile(r"ال\w{2,}(?:ي|ية|يين|يون|يان|يتان|يتين|يات)")
_OWNED = re.compile(r"(\w{3,})(?:هما|هم|هن|ها|ه)")
_OBJECT = re.compile(r"(\w{3,}?)(?:هما|هم|ها|ه)")
_NOT_OWNED = words("الله عبدالله طه وجيه نزيه فقيه نبيه مها نهى عبده ثروه فهمي")
_UNDEFINED = words("الله الهام إلهام إلياس الآن")


def bare(word: str) -> str:
    """Take the article off a folded word.

    Args:
        word: one folded word.

    Returns:
        The word without ال.

    Example:
        >>> bare("الوزير")
        'وزير'
    """
    return word[2:] if word.startswith("ال") and len(word) > 3 else word


def is_definite(word: str) -> bool:
    """Say whether a folded word bears the article."""
    return word.startswith("ال") and len(word) > 3 and word not in _UNDEFINED and word not in DEEDS


def is_head(word: str) -> bool:
    """Say whether a word is a person's title or the head of a body's name."""
    noun = bare(word)
    return noun in TITLES or noun in BODIES


def is_adjective(word: str) -> bool:
    """Say whether a definite word looks like an adjective in ...ي or is a known one."""
    return word in ADJECTIVES or bool(_ADJECTIVE.fullmatch(word))


def owner(word: str) -> str:
    """Give the noun that a possessive suffix hangs on.

    Args:
        word: one folded word.

    Returns:
        The noun, or an empty string where there is no suffix.

    Example:
        >>> owner("رئيسها")
        'رئيس'
    """
    match = _OWNED.fullmatch(word)
    if not match or is_definite(word) or word in _NOT_OWNED or match[1].endswith("لل"):
        return ""
    return match[1][:-1] + "ة" if match[1].endswith("ت") and not match[1].endswith("ات") else match[1]


def is_deed(word: str) -> bool:
    """Say whether a word names something done, said or felt, which is no speaker."""
    if word in NOT_DEEDS:
        return False
    noun = bare(word)
    if word in DEEDS or noun in DEEDS:
        return True
    if noun in TITLES or noun in BODIES or word in NATIONS:
        return False
    if noun[-1:] == "ا" and noun[:-1] in DEEDS:  # the accusative: بيانا
        return True
    return bool(_DEED.fullmatch(noun) or (noun[-1:] == "ا" and _DEED.fullmatch(noun[:-1])))


def is_stop(word: str) -> bool:
    """Say whether no speaker's name takes this word in without being told to."""
    if word in STOPS or (word[:1] in "وف" and word[1:] in STOPS and not is_head(word)):
        return True
    if word[:3] in ("لال", "ولل", "بال", "كال", "فال") or word[:2] == "لل":
        return True
    if word[:1] not in ("ب", "ل") or len(word) < 4:
        return False
    rest = word[1:]
    if rest in NATIONS or is_deed(rest) or is_head(rest) or rest in MEDIA or owner(rest):
        return True
    # ب before a short word without a long vowel is the preposition: بسحق; foreign names have their vowels
    short = rest[-1] == "ة" or not set(word) & set("اويى")
    return word[0] == "ب" and short and not is_head(word) and word not in NAMES


def verb(word: str) -> tuple[str, str] | None:
    """Read a folded word as a verb of saying or acting.

    Args:
        word: one folded word.

    Returns:
        Its form without prefixes, and the gender it shows (``m``, ``f`` or ``p``), or none.

    Example:
        >>> verb("وقالت")
        ('قالت', 'f')
    """
    if word in NAMES:
        return None
    plain = word[1:] if word[:1] in ("و", "ف") else word
    future = plain[1:] if plain[:1] == "س" and plain[1:2] in ("ي", "ت") else ""
    for form in (word, plain, future):
        if form in VERBS:
            return form, VERBS[form]
        suffixed = _OBJECT.fullmatch(form)
        if suffixed and suffixed[1] in VERBS and form not in DEEDS and not is_head(form):
            return suffixed[1], VERBS[suffixed[1]]
    return None


def is_feminine(word: str) -> bool:
    """Say whether a subject has the feminine ending, and no man's name or masculine plural bears it."""
    return word.endswith("ة") and word not in MASCULINE_MARBUTA and bare(word) not in MASCULINE_MARBUTA


def agrees(gender: str, word: str, after: str) -> bool:
    """Say whether a verb of some gender may have the word right after it as its subject.

    Args:
        gender: ``m``, ``f``, ``p``, or an empty string where no verb precedes.
        word: the word after the verb.
        after: the word after that one.

    Returns:
        Whether the two agree as Arabic verbs and subjects do.

    Example:
        >>> agrees("m", "الحكومة", "ان"), agrees("f", "الحكومة", "ان")
        (False, True)
    """
    if gender == "m":
        surname = is_definite(word) and not is_deed(word) and not is_head(word) and after in ("ان", "انه", "في")
        return not is_feminine(word) or surname
    if gender == "f" and bare(word) in TITLES and not is_feminine(word) and not word.endswith("ات"):
        return bare(word) in FEMININE or bare(word) in PLURAL or word.endswith(("ون", "ين"))
    return True
