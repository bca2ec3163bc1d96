/** A till in React's StrictMode; the test renders it with what it wants to see arrive. */

import { StrictMode, useCallback, useState } from "react";
import { createRoot } from "react-dom/client";
import type { SessionCallback, StaffAssignElement } from "staff-assign";
import "staff-assign/react";

interface Person {
  id: string;
  name: string;
}

interface Props {
  guides?: Person[] | string;
  session?: SessionCallback;
  /** set on the element itself, by a ref */
  byRef?: { guides?: Person[]; session?: SessionCallback };
  options?: Person[];
  auto?: boolean;
}

const page = window as unknown as {
  heard: string[];
  renderTill(props: Props): void;
};
page.heard = [];

const root = createRoot(document.body.appendChild(document.createElement("div")));

function Till({ byRef, options = [], guides, session, auto = true }: Props) {
  const [assigned, setAssigned] = useState("");
  const attach = useCallback(
    (element: StaffAssignElement | null) => {
      if (element && byRef) Object.assign(element, byRef);
    },
    [byRef],
  );
  return (
    <>
      <staff-assign
        ref={attach}
        endpoint={location.origin}
        order="4200002015080612534600"
        guide="g1"
        auto={auto}
        {...(session || byRef?.session ? {} : { "session-url": "/session" })}
        {...(session && { session })}
        {...(guides && { guides })}
        onstaff-assign-success={(event) => {
          page.heard.push(event.assignment.id);
          setAssigned(event.assignment.id);
        }}
      >
        {options.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </staff-assign>
      <output>{assigned}</output>
    </>
  );
}

page.renderTill = (props) =>
  root.render(
    <StrictMode>
      <Till {...props} />
    </StrictMode>,
  );
