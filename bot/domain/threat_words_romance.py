"""How unhappy customers say what will come next, in French, Spanish and Portuguese; `threat_words` says how to read it."""

from __future__ import annotations

from bot.domain.threat_words import SITES, Tongue

FRENCH = Tongue(
    names={
        "I": r"(?:je (?:vais|compte|me verrai oblige de|me verrai contraint de|me verrai obligee de|serai oblige de|serai obligee de|serai contraint de|n'hesiterai pas a)|nous (?:allons|comptons|n'hesiterons pas a))",
        "MINE": r"(?:mon|notre|mes|nos|tous mes|le|ce) (?:contrat|contrats|abonnement|abonnements|compte|comptes|adhesion)",
        "WHERE": r"(?:{SITES}|les reseaux(?: sociaux)?|tous les reseaux(?: sociaux)?|internet|les forums)",
        "SITES": SITES,
    },
    post=r"""
        {I} .. (?:publier|poster|partager|raconter|diffuser|ecrire|mettre|temoigner) .. sur {WHERE}
        je (?:publierai|posterai|partagerai|raconterai|diffuserai|mettrai|le publierai|le dirai) .. sur {WHERE}
        (?:{I} .. (?:laisser|mettre|ecrire|deposer|publier|poster)|je (?:laisserai|mettrai|ecrirai|deposerai|publierai|posterai)) .. (?:avis (?:tres )?(?:negatifs?|defavorable)|mauvais avis|mauvaise note|une seule etoile|une etoile|1 etoile)
        (?:{I} .. (?:alerter|contacter|prevenir|saisir)|j'alerterai|je contacterai|je previendrai) .. (?:la presse|les medias|les journaux|les journalistes)
        (?:{I} .. rendre .. public|{I} .. rendre .. publique|je rendrai .. (?:public|publique))
        (?:{I} (?:le |en )?(?:dire|raconter|parler)|je le dirai|j'en parlerai) .. (?:a tout le monde|partout|autour de moi)
    """,
    leave=r"""
        (?:{I} .. (?:resilier|fermer|cloturer|annuler|supprimer)|je (?:resilie|resilierai|ferme|fermerai|cloture|cloturerai|supprimerai|annulerai)|nous (?:resilions|resilierons|fermerons)) {MINE}
        (?:{I} (?:vous )?quitter|je vous (?:quitte|quitterai)|nous vous (?:quittons|quitterons))(?: pour| si|$)
        (?:{I} .. (?:aller|passer|partir|me tourner|commander|acheter)|j'irai|j'achetera[i]|je (?:passerai|partirai|me tournerai|commanderai|passe|pars)) .. (?:a la concurrence|ailleurs|chez (?:un|vos|votre|le|la|les) concurren\w+|vers (?:un|vos|votre|la) concurren\w+|chez un autre)
        (?:{I} changer|je (?:change|changerai)) (?:de|d') ?(?:fournisseur|operateur|banque|boutique|prestataire|enseigne)
        vous (?:allez perdre|perdrez|perdez|venez de perdre|aurez perdu) .. (?:client|cliente|clients)
    """,
    charge_back=r"""
        (?:{I} .. (?:contester|rejeter|faire annuler|faire rejeter)|je (?:conteste|contesterai|rejetterai|ferai annuler)) .. (?:paiements?|prelevements?|debits?|transactions?|achats?|operations?)
        (?:{I} .. faire|je ferai|je fais) opposition .. (?:paiements?|prelevements?|debits?|transactions?|carte|banque)
        (?:{I} .. (?:demander|lancer|engager|faire)|je (?:demanderai|lancerai|ferai)) .. (?:retrofacturation|chargeback)
        (?:{I} .. ouvrir|j'ouvrirai|j'ouvre) .. litige
        (?:{I} .. demander|je demanderai|je demande) a ma banque .. (?:rembourse\w*|annule\w*|recuperer|rejeter)
    """,
    farewells=r"""
        (?:je ne|nous ne|je|on ne) (?:commanderai|acheterai|commande|achete|reviendrai|commanderons|acheterons|commandera|achetera)(?: donc)? (?:plus|jamais|plus jamais)
        plus jamais (?:je|nous|on) .. (?:commander\w*|acheter\w*|chez vous)
    """,
    denies=r"(?:pas|jamais)",
    before=r"(?:(?:pense|crois|dis) pas que|comment|ou|quand|comme si)",
    reach=1,
)

SPANISH = Tongue(
    names={
        "I": r"(?:(?:voy|vamos) a|pienso|pensamos|tendre que|tendremos que|no (?:me|nos) (?:queda|dejan) (?:mas|otro) (?:remedio|opcion) (?:que|mas que))",
        "MINE": r"(?:mi|mis|nuestra|nuestro|la|el) (?:cuenta|cuentas|suscripcion|contrato|abono|membresia|plan)",
        "WHERE": r"(?:{SITES}|(?:todas )?las redes(?: sociales)?|(?:mis )?redes sociales|internet)",
        "MONEY": r"(?:cargos?|pagos?|recibos?|cobros?|transaccion|transacciones|compra)",
        "SITES": SITES,
    },
    post=r"""
        (?:{I} .. (?:publicar\w*|contar\w*|compartir\w*|subir\w*|poner\w*|denunciar\w*|difundir\w*)|(?:lo )?(?:publicare|contare|compartire|subire|pondre|difundire)) .. (?:en|por) {WHERE}
        (?:{I} .. (?:dejar|dejarles|dejaros|poner|ponerles|poneros|escribir|publicar)|(?:les |os )?(?:dejare|pondre|escribire|publicare)) .. (?:(?:mala|pesima) (?:resena|valoracion|opinion)|(?:resena|valoracion|opinion|critica) (?:muy )?(?:mala|negativa|pesima)|una (?:sola )?estrella)
        (?:{I} .. hacer\w* publico|(?:lo )?hare publico)
        (?:{I} .. (?:ir|acudir|contactar|hablar|avisar)|(?:ire|acudire|avisare|hablare)) .. (?:a|con) (?:la prensa|los medios|los periodicos)
        (?:{I} contar\w*|(?:se )?lo contare) .. a (?:todo el mundo|todos|mis amigos|mis seguidores)
    """,
    leave=r"""
        (?:{I} .. (?:cancelar|cerrar|dar de baja|anular|rescindir)|(?:cancelare|cerrare|anulare|rescindire|cancelaremos|dare de baja|doy de baja|cancelo|cierro)) {MINE}
        (?:me doy de baja|me dare de baja|{I} darme de baja|nos daremos de baja|nos damos de baja)
        (?:{I} (?:irme|cambiarme|pasarme|irnos|cambiarnos|comprar|cambiar)|me (?:voy|ire|cambio|cambiare|paso|pasare)|nos (?:vamos|iremos|cambiaremos|pasaremos)|comprare) .. (?:la competencia|otr[ao] (?:compania|empresa|proveedor|tienda|operador|operadora|banco|sitio|lado)|su competencia|otra parte)
        (?:{I} cambiar|cambiare|cambio) de (?:compania|empresa|proveedor|tienda|operador|operadora|banco)
        (?:van a perder|vais a perder|perderan|perdereis|acaban de perder|han perdido) .. client(?:e|a|es)
    """,
    charge_back=r"""
        (?:{I} .. (?:disputar|impugnar|devolver|anular|revertir|reclamar)|(?:disputare|impugnare|devolvere|anulare|revertire)) (?:el|los|la|este|ese|esos|estos|ambos) .. {MONEY}
        (?:{I} .. (?:abrir|iniciar|poner|pedir|solicitar)|abrire|iniciare|pedire|solicitare) .. (?:disputa|contracargo|contracargos|retrocesion|chargeback)
        (?:{I} .. (?:pedir|pedirle|decir|decirle|ordenar)|(?:le )?(?:pedire|dire|ordenare)) a mi banco .. (?:devuelva|anule|devolver|revierta|retroceda|cancele)
        (?:{I} .. (?:reclamar|denunciar\w*)|reclamare|lo reclamare) .. (?:al banco|a mi banco|ante mi banco|a paypal|en paypal)
    """,
    farewells=r"""
        (?:no|nunca|jamas)(?: les| os)? (?:volvere|vuelvo|volveremos|volvemos|voy a volver) .. (?:comprar\w*|contratar\w*|confiar)
        nunca mas (?:volvere|compro|comprare|pedire|pido)
    """,
    denies=r"(?:nunca|jamas)",
    before=r"(?:(?:(?<!\bsi )\bno|nunca|tampoco)(?: (?:lo|la|los|las|les|os|se|me|nos)){0,2}|como|donde|no creo que|como si)",
)

PORTUGUESE = Tongue(
    names={
        "I": r"(?:(?:eu |nos )?(?:vou|vamos|irei|iremos|tenciono|pretendo|terei de|terei que|teremos de|teremos que))",
        "MINE": r"(?:(?:a|as|o|os) )?(?:(?:minha|minhas|meu|meus|nossa|nosso) )?(?:conta|contas|assinatura|contrato|plano|subscricao)",
        "WHERE": r"(?:{SITES}|reclame aqui|redes(?: sociais)?|internet|todo o lado)",
        "MONEY": r"(?:cobrancas?|compras?|pagamentos?|transacao|transacoes|debitos?)",
        "SITES": SITES,
    },
    post=r"""
        (?:{I} .. (?:publicar|postar|divulgar|expor|contar|partilhar|compartilhar|reclamar|denunciar|escrever|colocar)|(?:publicarei|postarei|divulgarei|exporei|partilharei|compartilharei|reclamarei)) .. (?:nas|no|na|em|por|pelas) {WHERE}
        {I} .. (?:ao|no|para o) reclame aqui
        (?:{I} .. (?:deixar|dar|fazer|escrever|publicar|postar)|(?:deixarei|darei|farei|escreverei)) .. (?:(?:ma|pessima) (?:avaliacao|critica|review)|(?:avaliacao|critica|review|comentario) (?:muito )?(?:negativa|negativo|pessima|ma)|uma (?:so )?estrela)
        (?:{I} .. tornar .. public[oa]|tornarei .. public[oa])
        (?:{I} .. (?:ir|falar|contactar|contatar|procurar|recorrer)|irei|falarei|recorrerei) .. (?:a imprensa|aos jornais|com a imprensa|a comunicacao social|a midia)
        (?:{I} contar|contarei) .. (?:a|para) (?:toda a gente|todo mundo|todo o mundo|todos)
    """,
    leave=r"""
        (?:{I} .. (?:cancelar|encerrar|fechar|rescindir)|(?:cancelarei|encerrarei|fecharei|rescindirei|cancelo|encerro)) {MINE}
        (?:{I} (?:mudar|passar|trocar|ir|comprar)|(?:mudo|mudarei|passo|passarei|troco|comprarei)) .. (?:(?:para a|na|da|a) concorrencia|(?:para o|no|ao) concorrente)
        (?:{I} (?:mudar|trocar)|mudo|mudarei|troco|trocarei) de (?:operadora|fornecedor|empresa|loja|banco|marca)
        {I} .. (?:comprar|procurar) (?:noutro lado|noutra loja|em outro lugar|em outra loja|outro fornecedor)
        (?:vao perder|perderao|acabam de perder|perderam|voces perdem) .. client(?:e|es)
    """,
    charge_back=r"""
        (?:{I} .. (?:contestar|reverter|estornar)|(?:contestarei|contesto|reverterei)) .. {MONEY}
        (?:{I} .. (?:pedir|solicitar|exigir)|(?:pedirei|solicitarei|peco)) .. (?:estorno|chargeback|reversao) .. (?:banco|cartao|operadora|paypal|administradora)
        (?:{I} .. (?:abrir|iniciar|fazer|pedir)|abrirei|iniciarei|farei) .. (?:disputa|chargeback|contestacao)
        (?:{I} .. (?:acionar|pedir ao)|acionarei|pedirei ao) (?:o )?(?:meu )?banco .. (?:estorn\w*|devol\w*|revert\w*|contest\w*|chargeback)
    """,
    farewells=r"""
        nunca mais .. (?:compro|comprarei|comprar|encomendo|encomendar|peco|pedir|volto a comprar)
        nao (?:volto|voltarei|vou voltar|voltaremos|vamos voltar) a (?:comprar|encomendar|contratar)
    """,
    denies=r"(?:nunca|jamais)",
    before=r"(?:(?:(?<!\bse )\bnao|nunca)(?: (?:o|a|os|as|vos|lhes|me|nos)){0,2}|como|onde|como se|nao acho que|nao creio que)",
)
