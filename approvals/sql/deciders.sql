-- Who may decide what waits, at a moment, and on whose behalf: the one truth of the queue, the reminders and the trigger
-- that guards decisions (four_eyes.sql). approvals/queries.py gives the same answer for one person in sentences.
--
-- A voice is somebody who may decide for themselves: who was asked (the group, or one person alone), and whom it
-- escalated to. A delegate speaks for a voice, within the delegation's dates. Nobody speaks about what they asked for or
-- gain from, nor for somebody who did, and nobody who spoke, or for whom somebody spoke, is heard again.
CREATE OR REPLACE FUNCTION approvals_deciders(moment timestamptz)
RETURNS TABLE (approval_id uuid, person_id uuid, on_behalf_of_id uuid) LANGUAGE sql STABLE AS $$
    WITH voice AS NOT MATERIALIZED (
        SELECT asked.id AS approval_id, asked.requested_by_id, asked.beneficiary_id, person.id AS person_id
        FROM approvals_approval asked CROSS JOIN LATERAL (
            SELECT membership.person_id AS id FROM people_person_groups membership
            WHERE asked.approver_id IS NULL AND membership.group_id = asked.group_id
            UNION SELECT asked.approver_id WHERE asked.approver_id IS NOT NULL
            UNION SELECT asked.escalated_to_id WHERE asked.escalated_to_id IS NOT NULL
            UNION SELECT membership.person_id FROM people_person_groups membership
            WHERE asked.escalated_at IS NOT NULL AND asked.escalated_to_id IS NULL
                AND membership.group_id = coalesce(asked.escalate_to_id, asked.group_id)
        ) named JOIN people_person person ON person.id = named.id AND person.status = 'active'
        WHERE asked.status = 'waiting'
            AND person.id IS DISTINCT FROM asked.requested_by_id AND person.id IS DISTINCT FROM asked.beneficiary_id
    ), decider AS (
        SELECT approval_id, person_id, NULL::uuid AS on_behalf_of_id FROM voice
        UNION ALL
        SELECT voice.approval_id, delegation.delegate_id, voice.person_id
        FROM voice JOIN approvals_delegation delegation ON delegation.person_id = voice.person_id
            AND delegation.starts_at <= moment AND delegation.ends_at > moment
        JOIN people_person delegate ON delegate.id = delegation.delegate_id AND delegate.status = 'active'
        WHERE delegate.id IS DISTINCT FROM voice.requested_by_id AND delegate.id IS DISTINCT FROM voice.beneficiary_id
    )
    SELECT decider.approval_id, decider.person_id, decider.on_behalf_of_id FROM decider
    WHERE NOT EXISTS (
        SELECT FROM approvals_decision said WHERE said.approval_id = decider.approval_id
            AND (said.by_id IN (decider.person_id, decider.on_behalf_of_id)
                OR said.on_behalf_of_id IN (decider.person_id, decider.on_behalf_of_id))
    )
$$;
