"""Portuguese."""

from __future__ import annotations

from typing import Final

TIME: Final = "%d/%m/%Y, %H:%M"
GROUPING: Final = "."
POINT: Final = ","

TEXTS: Final = {
    # The page.
    "title": "Relatório de importação",
    "status.imported": "Importado",
    "status.uploading": "Em andamento",
    "status.partial": "Importado em parte",
    "status.refused": "Recusado",
    "status.interrupted": "Interrompido",
    "status.dry_run": "Simulação",
    # The verdict.
    "verdict.imported": "Um endereço foi adicionado ao {group}.|{n} endereços foram adicionados ao {group}.",
    "verdict.imported_none_new": "Nada de novo: o {group} já tem todos esses endereços.",
    "verdict.imported_none": "Nenhum endereço pôde ser adicionado ao {group}.",
    "verdict.uploading": "Um endereço foi entregue, e o serviço ainda o está adicionando ao {group}."
    "|{n} endereços foram entregues, e o serviço ainda os está adicionando ao {group}.",
    "verdict.partial": "Um endereço foi adicionado ao {group}; o serviço recusou os demais."
    "|{n} endereços foram adicionados ao {group}; o serviço recusou os demais.",
    "verdict.interrupted": "Ainda não terminou: a importação continua sozinha.",
    "verdict.dry_run": "Simulação: um endereço seria adicionado ao {group}; nada foi enviado."
    "|Simulação: {n} endereços seriam adicionados ao {group}; nada foi enviado.",
    "refused.over_capacity": "Nada foi enviado: o arquivo tem {new} endereços novos, e o {group} tem lugar para {fit}.",
    "refused.group_not_found": "Nada foi enviado: não existe o {group}.",
    "refused.no_group": "Nada foi enviado: nada diz a que grupo o arquivo se destina.",
    "refused.no_email_column": "Nada foi enviado: não foi encontrada no arquivo uma coluna com endereços de e-mail.",
    "refused.ambiguous_column": "Nada foi enviado: várias colunas têm endereços, e nada diz qual delas vale.",
    "refused.too_many_invalid": "Nada foi enviado: {rejected} de {filled} linhas não têm um endereço válido.",
    "refused.invalid_rows": "Nada foi enviado: uma linha não tem um endereço válido."
    "|Nada foi enviado: {n} linhas não têm um endereço válido.",
    "refused.no_consent": "Nada foi enviado: o arquivo só lista pessoas que não querem mensagens, ou cujas mensagens "
    "retornam.",
    "refused.template_data": "Nada foi enviado: as colunas para o modelo da mensagem não são como devem ser.",
    "refused.empty_file": "Nada foi enviado: o arquivo não tem linhas com endereço.",
    "refused.unreadable": "Nada foi enviado: não é possível ler o arquivo.",
    "refused.unsupported_format": "Nada foi enviado: arquivos deste tipo não podem ser lidos.",
    "refused.too_large": "Nada foi enviado: o arquivo é grande demais.",
    "refused.damaged": "Nada foi enviado: o arquivo está danificado.",
    "refused.service": "Nada foi enviado: o serviço recusou ({code}).",
    "aside.clean": "Todas as linhas do arquivo são válidas.",
    "aside.rejected": "Uma linha ficou de fora por não ter um endereço válido."
    "|{n} linhas ficaram de fora por não terem um endereço válido.",
    "aside.rejected_data": "Uma linha ficou de fora por não ter um endereço válido, ou por ter dados que o serviço não "
    "aceita."
    "|{n} linhas ficaram de fora por não terem um endereço válido, ou por terem dados que o serviço não aceita.",
    "aside.no_consent": "Uma linha ficou de fora porque a pessoa não quer mensagens."
    "|{n} linhas ficaram de fora porque as pessoas não querem mensagens.",
    "aside.over_capacity": "Para um endereço não havia lugar.|Para {n} endereços não havia lugar.",
    "group": "grupo {id}",
    "group_named": "grupo {id} “{name}”",
    "group_called": "grupo “{name}”",
    "group_series": "conjunto “{name}” ({n} grupos)",
    "group_none": "grupo",
    "group_yours": "seu grupo",
    # What to do next.
    "next": "O que fazer agora",
    "next.nothing": "Nada. Tudo o que podia ser feito está feito.",
    "next.wait": "Nada. Este relatório é reescrito assim que houver novidades: abra-o de novo em alguns minutos.",
    "next.fix_rejected": "Corrija a linha em {file} e coloque esse arquivo em {folder}. Só endereços novos e válidos "
    "são adicionados."
    "|Corrija as {n} linhas em {file} e coloque esse arquivo em {folder}. Só endereços novos e válidos são "
    "adicionados.",
    "next.look_rejected": "Veja em {file} qual linha foi rejeitada.|Veja em {file} quais {n} linhas foram rejeitadas.",
    "next.no_consent": "Veja em {file} quem não quer mensagens. Se isso estiver errado, coloque o arquivo de "
    "novo com o metadado {example}.",
    "next.other_group": "Coloque {file} na pasta de outro grupo, {folder}: contém o endereço para o qual não havia "
    "lugar."
    "|Coloque {file} na pasta de outro grupo, {folder}: contém os {n} endereços para os quais não havia lugar.",
    "next.split": "Divida {file}, que lista todos os endereços novos: os primeiros {fit} cabem neste grupo; os demais "
    "vão para a pasta de outro grupo, {folder}.",
    "next.full": "Coloque {file}, que lista todos os endereços novos, na pasta de outro grupo, {folder}: este grupo "
    "está cheio.",
    "next.overflow": "Ou peça que a configuração ON_OVERFLOW da função mude para split: então a lista continua em "
    "outros grupos.",
    "next.again": "Resolvida a causa, coloque {file} em {folder}: contém o endereço que não foi enviado."
    "|Resolvida a causa, coloque {file} em {folder}: contém os {n} endereços que não foram enviados.",
    "next.unconfirmed": "De um endereço o serviço ainda não disse se foi adicionado; {file} diz qual."
    "|De {n} endereços o serviço ainda não disse se foram adicionados; {file} diz quais.",
    "next.typos": "Veja abaixo os prováveis erros de digitação: esses endereços são válidos na forma e são enviados "
    "como estão.",
    "next.data_again": "Se este arquivo tinha o metadado {header}, dê o mesmo ao que você colocar.",
    "next.support": "Informe ao suporte do serviço os IDs de requisição abaixo.",
    "next.group_not_found": "Crie o grupo no console do serviço, ou coloque o arquivo na pasta de um grupo que exista.",
    "next.no_group": "Coloque o arquivo na pasta do seu grupo, como {folder}, em que o número é o ID do grupo.",
    "next.no_email_column": "Chame a coluna dos endereços de “email”, ou indique-a nos metadados do arquivo "
    "({header}), e coloque o arquivo de novo em {folder}.",
    "next.ambiguous_column": "Indique a coluna dos endereços nos metadados do arquivo ({header}) e coloque o "
    "arquivo de "
    "novo em {folder}.",
    "next.template_data": "Corrija as colunas que os metadados do arquivo ({header}) indicam e coloque o arquivo "
    "de novo em {folder}.",
    "next.metadata": "Corrija o que os metadados do arquivo dizem dele, ou retire-o, e coloque o arquivo de novo em "
    "{folder}.",
    "next.too_many_invalid": "Confira se é o arquivo certo. Os endereços foram procurados em {column}: se estiver "
    "errado, indique a coluna nos metadados do arquivo ({header}) e coloque o arquivo de novo em {folder}.",
    "next.export": "Exporte a lista como .xlsx ou como CSV em UTF-8, um endereço por linha, e coloque-a em {folder}.",
    "next.dry_run": "Para importar o arquivo, peça que a configuração DRY_RUN seja desligada e coloque o arquivo de "
    "novo em {folder}.",
    "next.truncated": "{file} foi cortado no tamanho máximo; as contagens estão completas mesmo assim.",
    "other_group": "ID de outro grupo",
    # How full the group is.
    "room": "Ocupação do grupo",
    "rooms": "Ocupação dos grupos",
    "room.created": "criado por esta importação",
    "room.to_be_created": "ainda não existe",
    "rows.imported": "{file} lista as linhas adicionadas, cada uma com o seu grupo.",
    "room.before": "antes",
    "room.added": "adicionados",
    "room.planned": "a adicionar",
    "room.free": "livres",
    "room.too_many": "a mais",
    "room.limit": "limite",
    "room.picture": "{before} endereços antes, {added} adicionados, {free} de {limit} livres",
    "room.picture_over": "{before} endereços antes, lugar para mais {free} de {limit}, {over} a mais",
    "room.now": "{now} de {limit}",
    # Rows by fate.
    "rows": "O destino das linhas",
    "rows.fate": "Linhas",
    "rows.number": "Número",
    "rows.share": "Parcela",
    "rows.total": "Todas as linhas do arquivo",
    "fate.imported": "Adicionadas ao grupo",
    "fate.to_send": "Seriam adicionadas",
    "fate.sendable": "Válidas, mas não enviadas",
    "fate.already_in_group": "Já no grupo",
    "fate.duplicate": "Repetidas no arquivo",
    "fate.rejected": "Rejeitadas",
    "fate.empty": "Sem endereço",
    "fate.no_consent": "Não querem ou não recebem mensagens",
    "fate.over_capacity": "Sem lugar no grupo",
    "fate.not_attempted": "Não enviadas",
    "fate.unconfirmed": "Ainda não confirmadas",
    # Rejections.
    "rejected": "Linhas rejeitadas",
    "rejected.more": "mais uma|mais {n}",
    "rejected.rest": "As primeiras {shown} aparecem aqui; todas estão em {file}.",
    "rejected.in_table": "{table}: {why}",
    "line": "Linha",
    "written": "No arquivo",
    "meant": "Talvez",
    "reason.syntax": "Não tem a forma de um endereço",
    "reason.missing_at": "Sem @",
    "reason.address_elsewhere": "Endereço em outra célula",
    "reason.too_long": "Longo demais",
    "reason.domain": "Domínio inválido",
    "reason.non_ascii_local": "Caracteres que o e-mail não transporta",
    "reason.undecodable": "Caracteres ilegíveis",
    "reason.malformed_row": "Linhas danificadas",
    "reason.missing_column": "Linhas que terminam cedo demais",
    "reason.template_data": "Dados para o modelo",
    "reason.refused_by_service": "Recusadas pelo serviço",
    "explain.syntax": "Há nele algo que não cabe em um endereço, ou falta algo.",
    "explain.missing_at": "Um endereço se escreve como name@example.com.",
    "explain.address_elsewhere": "Só você sabe se é da mesma pessoa.",
    "explain.too_long": "Um endereço tem no máximo 254 bytes, 64 deles antes do @.",
    "explain.domain": "O que vem depois do @ não pode receber e-mail.",
    "explain.non_ascii_local": "Antes do @ só são possíveis letras simples, dígitos e alguns sinais.",
    "explain.undecodable": "O endereço tem bytes que não são texto na codificação do arquivo.",
    "explain.malformed_row": "A linha não pode ser lida como as outras.",
    "explain.missing_column": "A linha não tem célula na coluna dos endereços.",
    "explain.template_data": "O endereço é válido na forma; o que constaria na mensagem não pode ser enviado.",
    "explain.refused_by_service": "O endereço é válido na forma; o serviço não o adicionou.",
    # Typing mistakes.
    "typos": "Prováveis erros de digitação em domínios",
    "typos.note": "Esses endereços são válidos na forma e por isso não ficam de fora. Só você sabe se estão certos.",
    "typos.domain": "Domínio",
    "typos.count": "Endereços",
    # Batches.
    "batches": "Como foi enviado",
    "batches.read": "Leitura e verificação",
    "batches.batch": "Lote {number}",
    "batches.settle": "Espera pelo serviço",
    "batches.size": "um endereço|{n} endereços",
    "batches.attempts": "uma tentativa|{n} tentativas",
    "batches.request": "ID da requisição: {ids}|IDs das requisições: {ids}",
    "batches.seconds": "{seconds} s",
    "batches.picture": "do segundo {begin} ao segundo {end} de {total}",
    "batches.note": "O suporte pede os IDs de requisição.",
    "outcome.accepted": "aceito",
    "outcome.refused": "recusado",
    "outcome.not_attempted": "não enviado",
    "outcome.unconfirmed": "não confirmado",
    # The file.
    "file": "O arquivo",
    "file.key": "Chave",
    "file.size": "Tamanho",
    "file.dropped": "Recebido",
    "file.format": "Formato",
    "file.compression": "Compactado como",
    "file.encoding": "Codificação",
    "file.delimiter": "Separado por",
    "file.header": "Cabeçalho",
    "file.email_column": "Endereços em",
    "file.consent_column": "Quem não quer mensagens",
    "file.template_data": "Dados para o modelo",
    "file.template_example": "Por exemplo",
    "file.records": "Registros em",
    "file.tables": "Planilhas ou arquivos",
    "file.has_header": "sim",
    "file.no_header": "nenhum",
    "file.version": "Versão",
    "delimiter.comma": "vírgulas",
    "delimiter.semicolon": "ponto e vírgula",
    "delimiter.tab": "tabulações",
    "delimiter.bar": "barras verticais",
    "delimiter.space": "espaços",
    "foot.import_id": "Importação {id}",
    "foot.times": "{begin} UTC, levou {seconds} s",
    "foot.history": "Todas as importações deste grupo",
    "foot.json": "O mesmo para programas: {file}",
    "reason.said": "Em detalhe:",
    # The history of a group.
    "history": "Importações para o grupo {id}",
    "history.note": "A última importação.|As últimas {n} importações, da mais nova à mais antiga.",
    "history.when": "Quando (UTC)",
    "history.what": "Arquivo",
    "history.status": "Resultado",
    "history.added": "Novos",
    "history.rejected": "Rejeitadas",
    "history.rows": "Linhas",
    # The page of all groups.
    "foot.index": "Todos os grupos",
    "index": "As últimas importações de todos os grupos",
    "index.note": "O grupo com a importação mais recente vem primeiro. O nome leva a todas as importações dele.",
    "index.further": "Mais um grupo tem importações anteriores.|Mais {n} grupos têm importações anteriores.",
}

SENTENCES: Final = {
    # What is wrong with an address.
    "row.elsewhere": "A célula própria da linha não tem endereço, e outra tem.",
    "row.syntax": "Um endereço de e-mail não se escreve assim.",
    "row.missing_at": "Não há @: um endereço se escreve como name@example.com.",
    "row.other_at": "O sinal “{sign}” não é a arroba de um endereço: a arroba é “@”.",
    "row.too_long": "O endereço tem mais de {bytes} bytes.",
    "row.too_long_local": "Antes do @ há mais de {characters} caracteres.",
    "row.too_long_domain": "O endereço tem mais de {bytes} bytes em uma das duas formas de escrever o domínio.",
    "row.domain": "O que vem depois do @ não é um domínio que recebe e-mail.",
    "row.non_ascii": "Antes do @ há caracteres fora do ASCII: {characters}. Não é possível enviar e-mail para lá.",
    "row.quote": 'Há aspas (") antes do @.',
    "row.two_at": "Há mais de um @.",
    # The same, as email-validator says it: in English, whatever the language.
    "row.syntax_why": "Um endereço de e-mail não se escreve assim ({why})",
    "row.domain_why": "O que vem depois do @ não é um domínio que recebe e-mail ({why})",
    # A row that cannot be read.
    "row.open_quote": "Nesta linha há aspas que não se fecham direito.",
    "row.endless": "Esta linha tem mais de {characters} caracteres, ou uma célula dela tem mais de {cell}.",
    "row.bytes": "Este endereço tem bytes que não são texto na codificação do arquivo.",
    "row.too_wide": "Esta linha tem mais de {number} células.",
    "row.long": "Esta linha tem mais de {number} caracteres.",
    "row.wide_value": "Esta linha tem um valor além da coluna {number}.",
    "row.long_cell": "Esta linha tem uma célula com mais de {number} caracteres.",
    "row.no_json": "Este registro não é JSON válido.",
    "row.record_long": "Este registro tem mais de {number} caracteres.",
    "row.record_deep": "Este registro tem mais de {number} níveis.",
    "row.record_wide": "Este registro tem mais de {number} células, ou uma com mais de {characters} caracteres.",
    "row.record_broken": "Este registro contém algo que não é um caractere.",
    "row.card_broken": "Este cartão tem bytes que não são texto na codificação do arquivo.",
    "row.no_result": "O endereço é uma fórmula cujo resultado não foi salvo: abra a pasta no Excel e salve.",
    "row.ends_early": "Esta linha termina antes da coluna {number}, que contém o endereço.",
    # An address that the service did not add.
    "row.marked": "O serviço marcou este endereço como inválido: {why}.",
    # A good address that is not in the group, or was in it before.
    "row.no_consent": "“{column}” diz “{value}”: esta pessoa não quer mensagens, ou não as recebe.",
    "row.not_only": "“{column}” diz “{value}”, que não está entre os valores a enviar (x-cos-meta-only).",
    "row.no_elsewhere": "O arquivo diz em outro lugar que a pessoa deste endereço não quer mensagens.",
    "row.no_listed": "Esta é uma lista de pessoas que não querem mensagens, ou cujas mensagens retornam.",
    "row.blocked": "As mensagens para este endereço retornaram, e o serviço de e-mail não entrega mais a ele.",
    "row.over_capacity": "O grupo não tem lugar para este endereço: coloque este arquivo na pasta de outro grupo.",
    "row.not_attempted": "Este endereço não foi enviado: coloque este arquivo de novo quando o motivo no relatório "
    "estiver resolvido.",
    "row.would_be_sent": "Este endereço seria enviado: isto é uma simulação.",
    "row.unconfirmed": "Não foi possível saber se este endereço está no grupo: verifique lá antes de enviá-lo de novo.",
    "row.in_group": "O grupo já tem este endereço.",
    "row.in_group_differs": "O grupo já tem este endereço, com outros dados para o modelo. Ele os mantém: o "
    "serviço não pode alterá-los.",
    "row.in_group_keeps": "O grupo já tem este endereço e mantém os dados para o modelo que tem: o serviço não pode "
    "alterá-los.",
    # Data for the template that the service does not take.
    "row.data_long": "Os dados desta linha para o modelo somam {bytes} bytes; o serviço aceita {limit}.",
    "row.data_markup": "“{column}” contém HTML, que o serviço não aceita como dados para o modelo.",
    "row.data_formula": "“{column}” é uma fórmula cujo resultado não foi salvo: abra a pasta de trabalho no Excel e "
    "salve-a.",
    "row.data_broken": "“{column}” tem caracteres que não puderam ser lidos: alguém seria chamado pelo nome errado.",
    "row.data_nested": "“{column}” tem JSON em vez de um só valor, e a mensagem mostra um: corrija-o, ou indique uma "
    "coluna para cada valor.",
    "row.data_shifted": "A linha tem mais células do que cabeçalhos, e ninguém sabe qual delas entra na mensagem: "
    "ponha entre aspas a célula que contém o delimitador.",
    "row.duplicate": "O mesmo endereço já está na linha {line}.",
    "row.duplicate_in": "O mesmo endereço já está na linha {line} de {table}.",
    "row.other_data": "{sentence} Os dados dele para o modelo são outros; valem os do primeiro.",
    "row.in_table": "{table}: {sentence}",
    # A file that is refused.
    "warning.blocked": "Linhas cujo endereço está na lista de bloqueio do próprio serviço e que ficam de fora: "
    "{number}. Elas estão em skipped.csv como “blocked”.",
    "warning.data_errors": "Valores para o modelo que são erros de uma planilha, como #N/D, e são enviados vazios: "
    "{number}.",
    "warning.consent_sent": "Linhas cuja pessoa não quer mensagens e que mesmo assim são enviadas, conforme a "
    "configuração deste importador: {number}.",
    "warning.consent_unclear": "Colunas que talvez digam quem não quer mensagens e têm valores desconhecidos: "
    "{number} ({columns}). Linhas com esses valores são enviadas; x-cos-meta-only diz quais valores enviar.",
    "warning.hidden_rows": "Linhas ocultas na planilha: {number}. Elas contam como as outras.",
    "warning.addresses_elsewhere": "Endereços em outros lugares do arquivo, que não são enviados: {number} ({places}).",
    "warning.several_columns": "{number} colunas têm endereços; em cada linha vale a primeira que tem um válido: "
    "{columns}.",
    "warning.members_left_out": "Partes do arquivo que não são listas de endereços e ficaram de fora: {number} "
    "({names}).",
    "warning.continuation_found": "Grupos que continuam a série pelo nome e que não foram criados para ela: "
    "{number} ({names}). Seus membros ficam de fora, e o que não cabe nos grupos anteriores vai para eles. Se servem "
    "para outra coisa, dê-lhes outros nomes.",
    "warning.repeats": "O serviço contou {number} dos endereços como já membros: alguém os adicionou no mesmo momento.",
    "warning.group_changed": "Alguém removeu membros durante a importação. O grupo tem menos do que prometem as "
    "respostas do serviço: faltam {number}.",
    "file.removed": "O arquivo foi removido ou substituído antes de ser importado.",
    "file.unreachable": "O nome do arquivo tem . ou .. entre as barras, e nenhum programa pode pedi-lo: dê-lhe outro "
    "nome.",
    "file.archived": "O arquivo está na classe de arquivamento do bucket: restaure-o, ou coloque uma cópia na classe "
    "padrão.",
    "file.own_key": "O arquivo está criptografado com uma chave do dono: coloque-o sem essa chave. O bucket "
    "criptografa os arquivos mesmo assim, se estiver configurado para isso.",
    "file.checksum": "O que foi lido do arquivo não era o que o bucket diz conter, três vezes: coloque-o de novo.",
    "file.slow": "O arquivo não pôde ser lido até o fim em {seconds} segundos, {times} vezes: divida-o em vários "
    "arquivos.",
    "file.no_addresses": "O arquivo não tem linhas com um endereço: verifique se o arquivo exportado é o certo.",
    "file.too_many_invalid": "{rejected} de {filled} linhas não têm um endereço válido, mais de {percent} %: "
    "verifique se o arquivo é o certo e se a coluna de endereços foi encontrada; rejected.csv tem essas linhas.",
    "file.unconfirmed": "O serviço aceitou todos os endereços, e o grupo não mostra {number} deles. Podem estar nele "
    "assim mesmo: verifique lá antes de enviá-los de novo.",
    "file.invalid_rows": "Linhas sem endereço válido: {rejected}, e neste caso nada é enviado. Corrija ou remova as "
    "linhas de rejected.csv e coloque o arquivo de novo.",
    "file.over_capacity": "O arquivo tem {new} endereços novos e o grupo tem lugar para {fit}: remova {excess} deles, "
    "ou coloque o resto na pasta de outro grupo; um grupo tem no máximo {limit}. Com ON_OVERFLOW=split a lista vai "
    "para vários grupos.",
    "file.over_continuation": "O arquivo tem {new} endereços novos e o grupo tem lugar para {fit}: remova {excess} "
    "deles, ou coloque o resto na pasta de outro grupo; um grupo tem no máximo {limit}, e este continua outro, por "
    "isso nenhum o continua.",
    "file.not_found": "Não há grupo de destinatários {id}: compare o número da pasta, ou dos metadados do arquivo, "
    "com a lista de grupos no console do SES.",
    "file.over_series": "O arquivo tem {new} endereços novos, e a série de grupos tem lugar para {fit}, pois pode "
    "chegar a {groups} grupos (MAX_GROUPS): retire {excess} deles ou ponha o resto na pasta de outro grupo.",
    "file.near_name": "Não há grupo de destinatários “{name}”, mas um que só difere dele em maiúsculas ou espaços: "
    "“{there}”. Dê à pasta, ou aos metadados do arquivo, exatamente o nome do grupo desejado.",
    "file.no_such_name": "Não há grupo de destinatários “{name}”: confira o nome na lista de grupos do console do SES, "
    "ou deixe a configuração CREATE_GROUPS da função criá-lo.",
    "file.no_name": "Nada diz para qual grupo de destinatários é este arquivo: ponha-o numa pasta com o nome do grupo "
    "({folder} para o grupo “spring”) ou dê a ele o metadado {header}.",
    "file.two_groups": "Os metadados do arquivo indicam um grupo de destinatários pelo número e um pelo nome: deixe só "
    "um dos dois.",
    "file.no_group": "Nada diz a que grupo este arquivo se destina: coloque-o na pasta do grupo ({folder} para o "
    "grupo {id}), ou dê-lhe o metadado {header}, ou peça que a configuração RECEIVER_ID da função indique um grupo "
    "para esses arquivos.",
    "file.no_number": "O metadado {header} não é o número de um grupo de destinatários.",
    "file.known": "Isto é {what}: exporte a lista como .xlsx ou CSV e coloque esse arquivo.",
    "file.packed": "Isto é {what}: descompacte-o e coloque a lista que está dentro.",
    "file.office": "O arquivo é {what}.",
    "file.open_document": "O arquivo é um documento OpenDocument (.ods, .odt): salve-o como .xlsx ou CSV.",
    "file.numbers": "O arquivo é um documento do Numbers ou do Pages: exporte-o como .xlsx ou CSV.",
    "file.binary": "Este não é um arquivo de texto, e sim binário: exporte a lista como .xlsx ou CSV e coloque esse "
    "arquivo.",
    "file.garbled": "A maior parte do arquivo não pode ser lida como {charset}: exporte-o de novo como CSV em UTF-8.",
    "file.charset": "A codificação nos metadados do arquivo (x-cos-meta-encoding) não é conhecida: indique uma como "
    "utf-8, utf-16 ou {charsets}, ou omita-a.",
    "file.delimiter_absent": "O separador nos metadados do arquivo (x-cos-meta-delimiter) não ocorre no arquivo: "
    "corrija-o ou omita-o.",
    "file.delimiter_none": "O separador nos metadados do arquivo (x-cos-meta-delimiter) não é um separador: indique "
    "um caractere como , ou ; ou | ou a palavra tab, ou omita-o.",
    "file.no_column": "Nenhuma coluna do arquivo contém endereços de e-mail: dê à coluna o nome “email”, ou indique-a "
    "nos metadados do arquivo (x-cos-meta-email-column).",
    "file.no_column_of": "Nenhuma coluna do arquivo contém endereços de e-mail: dê à coluna o nome “email”, ou "
    "indique-a nos metadados do arquivo (x-cos-meta-email-column). As colunas são: {columns}.",
    "file.ambiguous": "Várias colunas podem conter o endereço da pessoa da linha, e nada as distingue: "
    "{columns}. Indique "
    "uma delas nos metadados do arquivo (x-cos-meta-email-column).",
    "file.several_lists": "Há várias listas com colunas diferentes, uma abaixo da outra. Ponha cada uma em um arquivo "
    "próprio, ou indique a coluna da lista desejada nos metadados do arquivo (x-cos-meta-email-column).",
    "file.elsewhere": "Há mais endereços em outras colunas do que na que foi tomada como a das linhas: {columns}. "
    "Indique a certa nos metadados do arquivo (x-cos-meta-email-column).",
    "file.no_such_column": "O arquivo não tem a coluna {what}, que os metadados (x-cos-meta-email-column) indicam; "
    "{there}. Indique uma delas, ou o seu número.",
    "file.has_columns": "ele tem: {columns}",
    "file.has_number": "ele tem {number} colunas",
    "file.no_rows": "O arquivo não tem linhas: coloque um com pelo menos um endereço.",
    "file.headings": "O arquivo tem cabeçalhos e nenhuma linha abaixo deles: exporte-o de novo, com pelo menos um "
    "endereço.",
    "file.blank": "A maioria das linhas do arquivo tem aspas que nunca se fecham, ou células demais: exporte a lista "
    "de novo.",
    "file.broken": "Há linhas danificadas demais no arquivo: exporte a lista de novo.",
    "file.quotes": "O arquivo tem aspas demais que não se fecham direito: exporte-o de novo.",
    "file.rows": "O arquivo tem mais de {number} linhas: divida-o em vários.",
    "file.domains": "O arquivo tem mais de {number} domínios internacionais diferentes: nenhuma lista de pessoas tem "
    "tantos.",
    "file.idle": "Mais de {number} linhas do arquivo não têm um endereço válido, e menos do que isso têm: verifique "
    "se o arquivo é o certo e exporte só as linhas com endereços.",
    "file.wide": "O arquivo tem mais de {number} colunas: exporte só as que importam.",
    "file.long_line": "O arquivo tem uma linha com mais de {number} caracteres: está danificado ou não é uma lista. "
    "Exporte-o de novo, um registro por linha.",
    "file.record_long": "Um registro do arquivo JSON tem mais de {number} caracteres.",
    "file.record_deep": "Um registro do arquivo JSON tem mais de {number} níveis.",
    "file.record_open": "O arquivo JSON termina no meio de um registro: exporte-o de novo.",
    "file.brackets": "O arquivo JSON fecha mais colchetes do que abre: exporte-o de novo.",
    "file.no_sheets": "A pasta de trabalho não tem planilhas com células.",
    "file.no_results": "A pasta de trabalho tem fórmulas sem resultados salvos: abra-a no Excel, salve e reenvie.",
    "file.sheets": "A pasta de trabalho tem mais de {number} planilhas: divida-a.",
    "file.cells": "A pasta de trabalho tem células demais: salve a planilha com os endereços como CSV.",
    "file.steps": "O arquivo contém muito mais do que endereços: exporte a lista como CSV ou divida-a em várias.",
    "file.workbook_damaged": "A pasta de trabalho está danificada: abra-a, salve-a de novo como .xlsx ou CSV e "
    "envie-a outra vez.",
    "file.workbook_odd": "A pasta de trabalho é feita como nenhum programa de planilhas a faz: salve-a como CSV.",
    "file.unpacked": "Descompactado, o arquivo tem mais de 1 GB: divida-o em vários.",
    "file.ratio": "Descompactado, o arquivo tem mais de {number} vezes o seu tamanho: nenhuma lista é assim.",
    "file.room": "O arquivo é grande demais para ser descompactado aqui: divida-o, ou salve-o como CSV.",
    "file.layers": "Há arquivos compactados uns dentro dos outros, fundo demais: descompacte-os primeiro.",
    "file.gzip_cut": "O arquivo gzip está cortado: falta o fim. Envie-o de novo.",
    "file.gzip_damaged": "O arquivo gzip está danificado: compacte-o e envie-o de novo.",
    "file.gzip_parts": "O arquivo gzip tem mais de {number} partes: compacte-o de novo.",
    "file.zip_empty": "O zip não contém nenhum arquivo.",
    "file.no_consent": "O arquivo só lista pessoas que não querem mensagens, ou cujas mensagens retornam: "
    "ninguém é adicionado.",
    "file.named_no": "O arquivo se chama “{name}”, como as listas de pessoas que não querem mensagens: ninguém é "
    "adicionado. Se elas querem, renomeie o arquivo ou dê a ele os metadados x-cos-meta-only: *",
    "file.long_rows": "As linhas do arquivo a enviar passam de {number} MB: divida-o em vários.",
    "file.noes": "O arquivo tem mais de {number} pessoas que não querem mensagens: exporte só as que querem.",
    "file.only": "O arquivo não tem a coluna “{what}”, que os metadados (x-cos-meta-only) indicam: tem {columns}. "
    "Indique uma delas.",
    "file.only_none": "Nenhuma linha do arquivo tem um dos valores que os metadados (x-cos-meta-only) indicam: "
    "corrija-os.",
    "file.data_form": "As colunas para o modelo (x-cos-meta-template-data) devem ser indicadas como variável=título, "
    "separadas por vírgulas, como em name=Nome,city=Cidade; ou * para todas.",
    "file.data_name": "“{name}” não pode ser o nome de uma variável: são permitidos letras, algarismos e _, sem "
    "começar por algarismo. Indique cada variável e sua coluna (x-cos-meta-template-data), como em "
    "name=Nome,city=Cidade.",
    "file.data_two": "A variável “{name}” recebe duas colunas (x-cos-meta-template-data): indique uma.",
    "file.data_twice": "Várias colunas do arquivo se chamam “{name}”, que deve ir para o modelo "
    "(x-cos-meta-template-data): dê a elas títulos diferentes.",
    "file.data_missing": "O arquivo não tem a coluna {columns}, que deve ir para o modelo (x-cos-meta-template-data); "
    "{there}.",
    "file.data_rejected": "{rejected} de {filled} linhas têm dados para o modelo que não podem ser enviados: "
    "rejected.csv diz por quê.",
    "file.data_none": "O arquivo não tem nenhuma coluna com título além da dos endereços, e todas devem ir para o "
    "modelo (x-cos-meta-template-data).",
    "file.data_group": "Os membros do grupo têm outras variáveis para o modelo ({theirs}) que as do arquivo "
    "({ours}): o serviço exige as mesmas para todos os membros de um grupo. Indique as colunas de acordo "
    "(x-cos-meta-template-data) ou use outro grupo.",
    "file.told": "Nenhuma coluna do arquivo contém endereços de e-mail quando ele é lido como os metadados ({headers}) "
    "indicam: corrija-os ou omita-os.",
    "file.zip_files": "O zip contém {number} arquivos: compacte só os que têm endereços.",
    "file.zip_many": "O zip contém arquivos demais: compacte só os que têm endereços.",
    "file.member": "“{name}” no zip: {sentence}",
    "file.password": "“{name}” está protegido por senha: remova-a e envie de novo.",
    "file.rare_packing": "“{name}” está compactado de um modo raro: use as configurações comuns do zip.",
    "file.rare_zip": "{what} usa um tipo raro de zip: compacte-o de novo.",
    "file.member_damaged": "{what} está danificado: compacte-o e envie-o de novo.",
    "file.service": "SES: {what} ({code})",
    # What stands in such sentences.
    "what.member": "“{name}”",
    "what.zip": "O arquivo zip",
    "what.no_reason": "sem motivo indicado",
    "what.no_variables": "nenhuma",
    "what.that": "indicada",
    "what.pdf": "um documento PDF",
    "what.xls": "uma pasta de trabalho antiga do Excel (.xls) ou protegida por senha",
    "what.parquet": "um arquivo Parquet",
    "what.image": "uma imagem",
    "what.media": "uma imagem, um som ou um filme",
    "what.rtf": "um documento de texto formatado (RTF)",
    "what.seven_zip": "um arquivo 7-Zip",
    "what.rar": "um arquivo RAR",
    "what.bzip": "um arquivo bzip2",
    "what.xz": "um arquivo xz",
    "what.lzma": "um arquivo lzma",
    "what.compress": "um arquivo do programa compress (.Z)",
    "what.tar": "um arquivo tar",
    "what.access": "um banco de dados do Access",
    "what.outlook": "um arquivo de dados do Outlook (.pst)",
    "what.ldif": "um arquivo LDIF de um catálogo de endereços",
    "what.apple_double": "o que um Mac guarda ao lado de um arquivo (._)",
    "what.zstandard": "um arquivo Zstandard",
    "what.sqlite": "um banco de dados SQLite",
    "what.program": "um programa",
    "what.markup": "uma página da web ou um documento XML",
    "what.mail": "uma mensagem de e-mail",
    "what.xlsb": "uma pasta de trabalho binária (.xlsb): salve-a como .xlsx ou CSV",
    "what.word": "um documento do Word: salve os endereços como tabela em .xlsx ou CSV",
    "what.presentation": "uma apresentação: salve os endereços como tabela em .xlsx ou CSV",
    "what.not_accepted": "a requisição não foi aceita",
    "what.no_room": "o grupo de destinatários não tem lugar para tantos endereços",
    "what.too_many": "o serviço aceita menos endereços em uma requisição",
    "what.gone": "o grupo de destinatários não existe",
    "what.data_error": "o serviço não conseguiu ler os dados para o modelo",
    "what.data_names": "os membros do grupo têm outras variáveis para o modelo",
    "what.data_long": "os dados para o modelo são longos demais",
    "what.data_markup": "há HTML nos dados para o modelo",
    "what.email_invalid": "o serviço não aceita um dos endereços, e não diz qual",
    "what.no_emails": "o serviço não viu endereços na requisição",
    "what.no_receiver": "o serviço não viu um grupo de destinatários na requisição",
    "what.too_many_groups": "a conta já tem tantos grupos de destinatários quantos pode ter",
    "what.bad_name": "o serviço não aceita este nome para um grupo de destinatários",
    "what.name_taken": "já existe um grupo de destinatários com quase este nome",
    "what.no_effect": "o serviço não executou a requisição",
    "what.unknown": "não se sabe se a requisição teve efeito",
}
